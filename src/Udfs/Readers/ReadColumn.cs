using Apache.Arrow.Types;
using MetaSpore.Spark.Model.Columns;

namespace MetaSpore.Spark.Udfs.Readers;

/// <summary>A column that a reader delivers.</summary>
/// <param name="Name">Its name in the batches.</param>
/// <param name="Source">Its name in the files.</param>
/// <param name="Kind">What is made of it; null: kept as it is.</param>
/// <param name="Type">Its Arrow type in every batch.</param>
sealed record ReadColumn(string Name, string Source, ColumnKind? Kind, IArrowType Type);
