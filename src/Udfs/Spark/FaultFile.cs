using System.Globalization;

namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>Leaves the text of an unhandled exception where Spark looks for it when the process has crashed, until it is disposed.</summary>
sealed class FaultFile : IDisposable
{
    readonly string _path;

    public FaultFile(string folder)
    {
        _path = Path.Combine(folder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        AppDomain.CurrentDomain.UnhandledException += Write;
    }

    public void Dispose() => AppDomain.CurrentDomain.UnhandledException -= Write;

    internal void Write(object? sender, UnhandledExceptionEventArgs crash)
    {
        try
        {
            File.WriteAllText(_path, crash.ExceptionObject.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"metaspore: the crash could not be written to {_path}: {e.Message}");
        }
    }
}
