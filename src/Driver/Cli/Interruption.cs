using System.Runtime.InteropServices;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>
/// Turns Ctrl-C (and SIGTERM) into a request to stop in good order; the second one ends the process at once with
/// <see cref="ExitCode.Interrupted"/>.
/// </summary>
sealed class Interruption : IDisposable
{
    readonly CancellationTokenSource _source = new();
    readonly PosixSignalRegistration[] _registrations;
    readonly Action _onFirst;
    readonly Action<int> _exit;
    int _count;

    /// <summary>Begins to listen.</summary>
    /// <param name="onFirst">Called at the first signal, before the token is cancelled.</param>
    /// <param name="exit">Ends the process; replaced in tests.</param>
    /// <param name="isLed">Whether another process of the terminal's job passes Ctrl-C on, as SIGTERM.</param>
    public Interruption(Action onFirst, Action<int>? exit = null, bool isLed = false)
    {
        _onFirst = onFirst;
        _exit = exit ?? Environment.Exit;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, isLed ? signal => signal.Cancel = true : OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    /// <summary>What a signal does.</summary>
    public void Interrupt()
    {
        if (Interlocked.Increment(ref _count) > 1)
        {
            _exit(ExitCode.Interrupted);
            return;
        }

        _onFirst();
        _source.Cancel();
    }

    void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Interrupt();
    }
}
