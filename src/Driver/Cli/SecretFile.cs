using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Cli;

/// <summary>The file that holds a job's secret.</summary>
static class SecretFile
{
    /// <summary>Reads the secret.</summary>
    /// <exception cref="BadInputException">There is no such file, others can read it, or it holds no base64.</exception>
    public static byte[] Read(string? path)
    {
        if (path is null) throw new BadInputException("--secret-file is missing; expected a file with at least 16 random bytes in base64");
        if (!File.Exists(path)) throw new BadInputException($"--secret-file \"{path}\": no such file");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            throw new BadInputException($"--secret-file \"{path}\" can be read by others; run: chmod 600 {path}");
        try
        {
            return Convert.FromBase64String(File.ReadAllText(path).Trim());
        }
        catch (FormatException)
        {
            throw new BadInputException($"--secret-file \"{path}\" holds no base64 text");
        }
    }
}
