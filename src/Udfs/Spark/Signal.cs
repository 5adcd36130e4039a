namespace MetaSpore.Spark.Udfs.Spark;

/// <summary>The numbers that stand in the protocol where a length or count could.</summary>
static class Signal
{
    public const int EndOfDataSection = -1;
    public const int ExceptionThrown = -2;
    public const int TimingData = -3;
    public const int EndOfStream = -4;
    public const int StartArrowStream = -6;
    public const int StartOfInitMessage = -8;
}
