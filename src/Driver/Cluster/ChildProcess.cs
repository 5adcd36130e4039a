using System.Diagnostics;
using System.Globalization;

namespace MetaSpore.Spark.Driver.Cluster;

/// <summary>
/// A process of this program that works for this one. It ends when its standard input does, so it never outlives its parent.
/// Its log lines are kept in a file and passed on with its name before them. Thread-safe.
/// </summary>
sealed class ChildProcess : IAsyncDisposable
{
    const int LinesKept = 12;

    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    readonly Process _process;
    readonly Action<string> _onOutput;
    readonly Action<string> _onLog;
    readonly StreamWriter _log;
    readonly Queue<string> _last = [];
    readonly Lock _inputLock = new();
    readonly Task _pumps;
    bool _isEnding;

    ChildProcess(string name, Process process, string logPath, Action<string> onOutput, Action<string> onLog)
    {
        Name = name;
        _process = process;
        _onOutput = onOutput;
        _onLog = onLog;
        LogPath = logPath;
        _log = new StreamWriter(logPath, append: true) { AutoFlush = true };
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput, _onOutput), PumpAsync(process.StandardError, Log));
        Exited = WaitAsync();
    }

    /// <summary>Name for people, such as <c>shard 0</c>.</summary>
    public string Name { get; }

    /// <summary>Number of the process.</summary>
    public int Id => _process.Id;

    /// <summary>File with everything that it logged.</summary>
    public string LogPath { get; }

    /// <summary>Completes when the process has ended and its output was read.</summary>
    public Task Exited { get; }

    /// <summary>Starts a process.</summary>
    /// <param name="name">Name for people.</param>
    /// <param name="arguments">Arguments of this program; never a secret.</param>
    /// <param name="logPath">File that receives its log.</param>
    /// <param name="onOutput">Gets each line of its standard output.</param>
    /// <param name="onLog">Gets each line of its log, with its name before it.</param>
    public static ChildProcess Start(string name, IReadOnlyList<string> arguments, string logPath, Action<string> onOutput, Action<string> onLog)
    {
        ProcessStartInfo start = new() { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        (start.FileName, string[] before) = Program();
        foreach (string argument in before.Concat(arguments)) start.ArgumentList.Add(argument);
        Directory.CreateDirectory(Path.GetDirectoryName(logPath)!);
        return new ChildProcess(name, Process.Start(start)!, logPath, onOutput, onLog);
    }

    /// <summary>Writes a line to its standard input; nothing happens when it has ended.</summary>
    public void Send(string line)
    {
        lock (_inputLock)
        {
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // Its end is seen by Exited.
            }
        }
    }

    /// <summary>Ends the process at once.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    /// <summary>How the process ended, with its last log lines; for an error message.</summary>
    public string DescribeEnd()
    {
        string how = !_process.HasExited ? "does not answer"
            : _process.ExitCode > 128 ? string.Create(CultureInfo.InvariantCulture, $"was ended by signal {_process.ExitCode - 128}")
            : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {_process.ExitCode}");
        string[] last;
        lock (_last) last = [.. _last];
        string lines = last.Length == 0 ? "It logged nothing." : "Its last log lines:\n" + string.Join('\n', last.Select(line => "    " + line));
        return $"{Name} (process {Id}) {how}. {lines}\nIts whole log: {LogPath}";
    }

    /// <summary>Ends the process: first by the end of its input, then by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnding) return;
        _isEnding = true;
        lock (_inputLock)
        {
            try
            {
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended already.
            }
        }

        if (await Task.WhenAny(Exited, Task.Delay(s_grace)) != Exited) Kill();
        await Exited;
        _process.Dispose();
        await _log.DisposeAsync();
    }

    // This program's own file, or the runtime with it when this process is another program that uses the library.
    static (string File, string[] Arguments) Program()
    {
        string library = Path.Combine(AppContext.BaseDirectory, "metaspore.dll");
        string? path = Environment.ProcessPath;
        return path is not null && Path.GetFileNameWithoutExtension(path) == "metaspore"
            ? (path, [])
            : (path is not null && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet", [library]);
    }

    async Task WaitAsync()
    {
        await _process.WaitForExitAsync();
        await _pumps;
    }

    void Log(string line)
    {
        lock (_last)
        {
            _last.Enqueue(line);
            if (_last.Count > LinesKept) _last.Dequeue();
            _log.WriteLine(line);
        }

        _onLog($"[{Name}] {line}");
    }

    static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line) onLine(line);
    }
}
