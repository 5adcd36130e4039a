using System.Diagnostics;
using System.Text;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>A program under test; killed with all its descendants when the test is over.</summary>
sealed class RunningProgram : IAsyncDisposable
{
    static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();
    readonly Task _readError;
    Task _drain = Task.CompletedTask;

    RunningProgram(Process process)
    {
        _process = process;
        _readError = ReadErrorAsync();
    }

    public int Id => _process.Id;

    /// <summary>What it has written to standard error.</summary>
    public string Error => _error.ToString();

    /// <summary>What was read of its standard output.</summary>
    public string Output => _output.ToString();

    /// <summary>Starts it.</summary>
    /// <param name="program">The program's file, or its name on the path.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="folder">The working directory.</param>
    /// <param name="environment">More variables; null removes one.</param>
    /// <param name="holdsInput">Whether its standard input stays open until <see cref="CloseInput"/>; else it is empty.</param>
    public static RunningProgram Start(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null, bool holdsInput = false)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        Process process = Process.Start(start)!;
        if (!holdsInput) process.StandardInput.Close();
        return new RunningProgram(process);
    }

    /// <summary>Reads lines of its output up to the first that begins with <paramref name="beginning"/>; returns the rest of that line.</summary>
    public async Task<string> AwaitAsync(string beginning)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            _output.AppendLine(line);
            if (line.StartsWith(beginning, StringComparison.Ordinal)) return line[beginning.Length..];
        }

        Assert.Fail($"ended before \"{beginning}\":\n{Output}\n{Error}");
        return "";
    }

    /// <summary>Reads and forgets the rest of its output, so that it can go on to write.</summary>
    public void Drain() => _drain = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);

    /// <summary>Ends its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Sends a signal to the program alone.</summary>
    public async Task SignalAsync(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for its end; its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        _output.Append(await _process.StandardOutput.ReadToEndAsync(deadline.Token));
        await _readError.WaitAsync(deadline.Token);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _drain.WaitAsync(s_deadline);
        _process.Dispose();
    }

    async Task ReadErrorAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_error) _error.AppendLine(line);
        }
    }
}
