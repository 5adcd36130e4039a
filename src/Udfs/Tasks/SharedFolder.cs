using System.Globalization;
using MetaSpore.Spark.Model.Errors;
using MetaSpore.Spark.ParameterServer.RemoteStorage;

namespace MetaSpore.Spark.Udfs.Tasks;

/// <summary>
/// Shows at a job's start that driver and executors see the same folder, on a shared file system or remote storage: the driver asks
/// in it, every shard's executor answers in it.
/// </summary>
public static class SharedFolder
{
    const string Question = "shared-folder";

    /// <summary>Writes the question; makes the folder.</summary>
    /// <exception cref="BadInputException">The folder can't be written.</exception>
    public static async Task AskAsync(string folder, CancellationToken cancellationToken)
    {
        IObjectFolder objects = ObjectFolder.Open(folder);
        try
        {
            foreach (StoredObject old in await objects.ListAsync(Question + "-", cancellationToken)) await objects.DeleteAsync(old.Name, cancellationToken);
            await objects.PutAsync(Question, default, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"The job's folder '{folder}' can't be written: {error.Message} Correct the path or its permissions.", error);
        }
    }

    /// <summary>Answers on an executor.</summary>
    /// <exception cref="BadInputException">The question is not there: this machine sees another folder, or none.</exception>
    public static async Task AnswerAsync(string folder, int number, CancellationToken cancellationToken)
    {
        IObjectFolder objects = ObjectFolder.Open(folder);
        if (await objects.TryGetAsync(Question, cancellationToken) is null)
            throw new BadInputException(Problem(folder, $"the executor on {Environment.MachineName} does not see what the driver wrote there"));
        try
        {
            await objects.PutAsync(NameOf(number), default, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(Problem(folder, $"the executor on {Environment.MachineName} can't write there: {error.Message.TrimEnd('.')}"), error);
        }
    }

    /// <summary>Checks that the driver sees all answers, and takes them and the question away.</summary>
    /// <exception cref="BadInputException">One is not there.</exception>
    public static async Task RequireAnswersAsync(string folder, int count, CancellationToken cancellationToken)
    {
        IObjectFolder objects = ObjectFolder.Open(folder);
        HashSet<string> found = [.. (await objects.ListAsync(Question, cancellationToken)).Select(one => one.Name)];
        for (int number = 0; number < count; number++)
            if (!found.Contains(NameOf(number))) throw new BadInputException(Problem(folder, $"the driver does not see what shard {number}'s executor wrote there"));
        foreach (string name in found) await objects.DeleteAsync(name, cancellationToken);
    }

    static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Question}-{number}");

    static string Problem(string folder, string what) =>
        $"The job's folder '{folder}' is not shared: {what}. Name a folder that the driver and every executor mount under the same path (spark.storage).";
}
