using System.Globalization;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>Shows at a job's start that driver and executors see the same folder: the driver asks in it, every shard's executor answers in it.</summary>
public static class SharedFolder
{
    const string Question = "shared-folder";

    /// <summary>Writes the question; makes the folder.</summary>
    /// <exception cref="BadInputException">The folder can't be written.</exception>
    public static void Ask(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string old in Directory.EnumerateFiles(folder, Question + "-*")) File.Delete(old);
            File.WriteAllText(Path.Combine(folder, Question), "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The job's folder '{folder}' can't be written: {error.Message} Correct the path or its permissions.", error);
        }
    }

    /// <summary>Answers on an executor.</summary>
    /// <exception cref="BadInputException">The question is not there: this machine sees another folder, or none.</exception>
    public static void Answer(string folder, int number)
    {
        if (!File.Exists(Path.Combine(folder, Question)))
            throw new BadInputException(Problem(folder, $"the executor on {Environment.MachineName} does not see what the driver wrote there"));
        try
        {
            File.WriteAllText(NameOf(folder, number), "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(Problem(folder, $"the executor on {Environment.MachineName} can't write there: {error.Message.TrimEnd('.')}"), error);
        }
    }

    /// <summary>Checks that the driver sees all answers, and takes them and the question away.</summary>
    /// <exception cref="BadInputException">One is not there.</exception>
    public static void RequireAnswers(string folder, int count)
    {
        for (int number = 0; number < count; number++)
            if (!File.Exists(NameOf(folder, number))) throw new BadInputException(Problem(folder, $"the driver does not see what shard {number}'s executor wrote there"));
        for (int number = 0; number < count; number++) File.Delete(NameOf(folder, number));
        File.Delete(Path.Combine(folder, Question));
    }

    static string NameOf(string folder, int number) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Question}-{number}"));

    static string Problem(string folder, string what) =>
        $"The job's folder '{folder}' is not shared: {what}. Name a folder that the driver and every executor mount under the same path (spark.storage).";
}
