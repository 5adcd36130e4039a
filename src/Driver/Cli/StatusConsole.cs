using Spectre.Console;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>
/// Standard error: permanent lines, and on a terminal one status line below them that is rewritten in place. Thread-safe.
/// </summary>
sealed class StatusConsole
{
    readonly Lock _lock = new();
    readonly TextWriter _writer;
    readonly Func<int> _width;
    string _status = "";

    /// <summary>Writes to <paramref name="writer"/>.</summary>
    /// <param name="writer">Standard error.</param>
    /// <param name="isTerminal">Whether a status line can be rewritten; null: find out.</param>
    /// <param name="width">Columns of the terminal; null: ask it.</param>
    public StatusConsole(TextWriter writer, bool? isTerminal = null, Func<int>? width = null)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        _writer = writer;
        _width = width ?? (() => console.Profile.Width);
        IsTerminal = isTerminal ?? (!Console.IsErrorRedirected && console.Profile.Capabilities.Ansi);
    }

    /// <summary>Whether a person is likely to watch: a status line is shown, not only plain lines.</summary>
    public bool IsTerminal { get; }

    /// <summary>Writes lines that stay.</summary>
    public void WriteLine(string text)
    {
        lock (_lock)
        {
            Erase();
            _writer.WriteLine(text);
            Draw();
        }
    }

    /// <summary>Replaces the status line; empty removes it. Nothing happens when not on a terminal.</summary>
    public void SetStatus(string text)
    {
        if (!IsTerminal) return;
        lock (_lock)
        {
            Erase();
            _status = text;
            Draw();
        }
    }

    void Erase()
    {
        if (_status.Length > 0) _writer.Write("\r\e[2K");
    }

    void Draw()
    {
        if (_status.Length > 0) _writer.Write(_status[..Math.Min(_status.Length, Math.Max(1, _width() - 1))]);
        _writer.Flush();
    }
}
