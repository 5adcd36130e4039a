using System.Text.Json.Nodes;

namespace MetaSpore.Spark.Launch.Tests;

/// <summary>What Spark asks of Kubernetes when the script submits a job to it.</summary>
[Trait("Category", SparkDistribution.Category)]
public sealed class KubernetesTests : IDisposable
{
    const string Image = "registry.example.com/metaspore-spark:0.1.0";

    readonly LaunchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Train_ByDefault_AsksForTheImageAndShipsTheJobFile()
    {
        string config = _folder.Write("jobs/job.yaml", "training: {servers: 2, workers: 2}\nspark: {serverMemory: 1g, workerMemory: 512m, serverCpu: 2}\n");
        string upload = Directory.CreateDirectory(_folder.PathOf("upload")).FullName;
        (KubernetesApi api, string properties) = await SubmitAsync([], [
            "--conf", $"spark.kubernetes.file.upload.path=file://{upload}",
            "--conf", "spark.kubernetes.driver.secretKeyRef.AWS_SECRET_ACCESS_KEY=s3:secret",
            "--conf", "spark.kubernetes.executor.secretKeyRef.AWS_SECRET_ACCESS_KEY=s3:secret",
            "--", "train", "--config", config]);

        JsonObject driver = Driver(api);
        Assert.Equal(Image, (string?)driver["image"]);
        Assert.Equal(
            ["--class", "metaspore.spark.launcher.DriverLauncher", "local:///opt/metaspore/jars/metaspore-launcher.jar",
            "--program", "/opt/metaspore/metaspore-worker", "--worker", "/opt/metaspore/metaspore-worker", "--shipped", "job.yaml", "--",
            "train", "--config", "shipped:job.yaml", "--paths-from", _folder.PathOf("jobs")],
            Words(driver).SkipWhile(word => word != "--class"));
        JsonNode reference = Assert.Single(Variables(driver), variable => (string?)variable["name"] == "AWS_SECRET_ACCESS_KEY")["valueFrom"]!["secretKeyRef"]!;
        Assert.Equal(("s3", "secret"), ((string?)reference["name"], (string?)reference["key"]));

        // Spark's keys as the driver pod will read them: executors get the same image, and room for shard and worker.
        Assert.Contains($"spark.kubernetes.container.image={Image}\n", properties, StringComparison.Ordinal);
        Assert.Contains("spark.executor.memoryOverhead=2560m\n", properties, StringComparison.Ordinal);
        Assert.Contains("spark.task.cpus=2\n", properties, StringComparison.Ordinal);
        Assert.Contains("spark.executor.instances=2\n", properties, StringComparison.Ordinal);
        Assert.Contains("spark.dynamicAllocation.enabled=false\n", properties, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(config), File.ReadAllText(Assert.Single(Directory.GetFiles(upload, "job.yaml", SearchOption.AllDirectories))));
        Assert.DoesNotContain("spark.archives", properties, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_WithAnArchive_ShipsItAndNoSecret()
    {
        string program = _folder.WriteScript("app/run.sh", "exit 0");
        const string archive = "https://files.example.com/app.tar.gz";
        Dictionary<string, string?> environment = new() { ["METASPORE_ARCHIVE"] = archive, ["METASPORE_LAUNCHER_JAR"] = "https://files.example.com/launcher.jar", ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = "hush-of-another-server" };
        (KubernetesApi api, string properties) = await SubmitAsync(environment, ["--", "exec", program, "x y"]);

        Assert.Equal(
            ["--class", "metaspore.spark.launcher.DriverLauncher", "https://files.example.com/launcher.jar",
            "--program", "archive:metaspore/metaspore-exec", "--worker", "archive:metaspore/metaspore-worker", "--", "run.sh", "x y"],
            Words(Driver(api)).SkipWhile(word => word != "--class"));
        Assert.Contains("spark.archives=" + archive + "#metaspore\n", properties, StringComparison.Ordinal);
        Assert.All(api.Objects, made => Assert.DoesNotContain("hush", made.ToJsonString(), StringComparison.Ordinal));
        // The token of the Connect server is made in the driver's pod.
        Assert.All(api.Objects, made => Assert.DoesNotContain("SPARK_CONNECT_AUTHENTICATE_TOKEN", made.ToJsonString(), StringComparison.Ordinal));
        Assert.DoesNotContain("spark.connect.authenticate.token", properties, StringComparison.Ordinal);
    }

    async Task<(KubernetesApi Api, string Properties)> SubmitAsync(Dictionary<string, string?> environment, string[] arguments)
    {
        SparkDistribution.SkipWithoutJdk();
        await using KubernetesApi api = await KubernetesApi.StartAsync();
        environment["KUBECONFIG"] = _folder.PathOf("no-kubeconfig");
        await using RunningProgram run = SubmitScript.Start(SparkDistribution.Home("4.3.0"), _folder, environment,
            ["--master", api.Master, "--deploy-mode", "cluster", "--name", "job", "--conf", $"spark.kubernetes.container.image={Image}", .. arguments]);
        int code = await run.EndAsync();
        Assert.True(code == 0, $"{run.Output}{run.Error}{string.Join('\n', api.Requests)}");

        // No other kind of object is made; Spark's own rules let executors call each other, which shards and workers need.
        Assert.Equal(["ConfigMap", "NetworkPolicy", "Pod", "Service"], api.Objects.Select(made => (string)made["kind"]!).Distinct().Order(StringComparer.Ordinal));
        string application = (string)api.Single("Pod")["metadata"]!["labels"]!["spark-app-selector"]!;
        Assert.Contains($"{{\"spark-app-selector\":\"{application}\"}}", api.Single("NetworkPolicy")["spec"]!["ingress"]!.ToJsonString(), StringComparison.Ordinal);
        string properties = Assert.Single(api.Objects, made => made["data"]?["spark.properties"] is not null)["data"]!["spark.properties"]!.ToString().Replace("\\", "", StringComparison.Ordinal);
        return (api, properties);
    }

    static JsonObject Driver(KubernetesApi api) => Assert.Single(api.Single("Pod")["spec"]!["containers"]!.AsArray())!.AsObject();

    static IEnumerable<JsonObject> Variables(JsonObject container) => container["env"]!.AsArray().Select(variable => variable!.AsObject());

    static IEnumerable<string> Words(JsonObject container) => container["args"]!.AsArray().Select(word => (string)word!);
}
