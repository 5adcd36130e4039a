using MetaSpore.Spark.Driver.Jobs;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.Driver.Tests.Jobs;

/// <summary>A temporary folder with a job file and the data files it names.</summary>
public sealed class JobFolder : IDisposable
{
    /// <summary>The shortest useful job.</summary>
    public const string Shortest = """
        data:
          train: [train.csv]
          header: true
          label: clicked
        features:
          categorical: [user, item]
        output:
          model: out/model
        """;

    public JobFolder()
    {
        Root = Directory.CreateTempSubdirectory("metaspore-job-").FullName;
        Add("train.csv", "clicked,user,item\n1,a,b\n");
    }

    public string Root { get; }

    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public void Add(string name, string text)
    {
        string path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Writes the job file and gives its path.</summary>
    internal string Write(string yaml)
    {
        Add("job.yaml", yaml);
        return At("job.yaml");
    }

    internal JobConfig Load(string yaml, params string[] overrides) => JobConfig.Load(Write(yaml), overrides);

    /// <summary>The problems of a job, with the folder's path left out.</summary>
    internal string[] Problems(string yaml, params string[] overrides)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => Load(yaml, overrides));
        return [.. e.Problems.Select(problem => problem.Replace(Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))];
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
