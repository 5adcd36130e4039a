using Xunit;

namespace MetaSpore.Spark.SparkConnect.Tests.Errors;

public sealed class WorkerTextTests
{
    const string Own = "{\"metaspore\":1,\"type\":\"BadInputException\"}\ncolumn 'x' is missing\n   at Worker.Run()";

    [Theory]
    [InlineData(Own, true)]
    [InlineData("[PYTHON_EXCEPTION] An exception was thrown from the Python worker: " + Own + " SQLSTATE: 38000", true)]
    [InlineData("Job aborted due to stage failure: Could not recover from a failed barrier ResultStage. Most recent failure reason: Stage failed because barrier task ResultTask(3, 1) finished unsuccessfully.\norg.apache.spark.api.python.PythonException: " + Own + "\n\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)\n\tat java.base/java.lang.Thread.run(Thread.java:840)", false)]
    public void Find_OurText_IsTakenOutOfItsWrapping(string message, bool isWorkerFailure) => Assert.Equal(Own, WorkerText.Find(message, isWorkerFailure));

    [Fact]
    public void Find_ForeignTextOfAWorker_IsStrippedOfPrefixAndTail() =>
        Assert.Equal("boom", WorkerText.Find("[PYTHON_EXCEPTION] An exception was thrown from the Python worker: boom SQLSTATE: 38000", isWorkerFailure: true));

    [Fact]
    public void Find_NoWorkerInvolved_IsNull() => Assert.Null(WorkerText.Find("[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012", isWorkerFailure: false));
}
