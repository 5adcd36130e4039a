using System.Reflection;

namespace MetaSpore.Spark.SparkConnect;

/// <summary>Makes records of rows, by the names of constructor parameters or properties.</summary>
static class RecordBinding
{
    /// <summary>A function that makes records of rows with this schema.</summary>
    public static Func<Row, T> For<T>(StructType schema)
    {
        if (IsPlain(typeof(T)))
        {
            if (schema.Fields.Count != 1)
                throw new InvalidOperationException($"{typeof(T).Name} takes one column, and there are {schema.Fields.Count}: {string.Join(", ", schema.FieldNames)}. Select one, or ask for a record.");
            return row => (T)ValueConversion.To(row[0], typeof(T), schema.Fields[0].Name)!;
        }

        Func<Row, object> make = Maker(typeof(T), schema);
        return row => (T)make(row);
    }

    /// <summary>One record of a struct's value.</summary>
    public static object Make(Row row, Type type) => Maker(type, row.Schema)(row);

    static bool IsPlain(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain.IsPrimitive || plain.IsArray || plain.IsEnum || plain == typeof(string)
        || plain == typeof(decimal) || plain == typeof(DateOnly) || plain == typeof(DateTime) || plain == typeof(DateTimeOffset) || plain == typeof(TimeSpan));

    static Func<Row, object> Maker(Type type, StructType schema)
    {
        ConstructorInfo? constructor = type.GetConstructors().OrderByDescending(one => one.GetParameters().Length).FirstOrDefault();
        if (constructor is not null && constructor.GetParameters().Length > 0)
        {
            (int Index, Type Type)[] sources = [.. constructor.GetParameters().Select(parameter => (Column(schema, parameter.Name!, type), parameter.ParameterType))];
            return row => constructor.Invoke([.. sources.Select(source => ValueConversion.To(row[source.Index], source.Type, schema.Fields[source.Index].Name))]);
        }

        (PropertyInfo Property, int Index)[] properties = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite && property.GetIndexParameters().Length == 0)
            .Select(property => (property, Column(schema, property.Name, type)))];
        return row =>
        {
            object made = Activator.CreateInstance(type)!;
            foreach ((PropertyInfo property, int index) in properties)
                property.SetValue(made, ValueConversion.To(row[index], property.PropertyType, schema.Fields[index].Name));
            return made;
        };
    }

    // An exact name wins over one that differs in case or underscores only: click_count is ClickCount too.
    static int Column(StructType schema, string name, Type type)
    {
        for (int i = 0; i < schema.Fields.Count; i++)
            if (schema.Fields[i].Name == name) return i;
        for (int i = 0; i < schema.Fields.Count; i++)
            if (string.Equals(Bare(schema.Fields[i].Name), Bare(name), StringComparison.OrdinalIgnoreCase)) return i;
        throw new InvalidOperationException($"{type.Name}.{name} has no column; there are {string.Join(", ", schema.FieldNames)}. Rename the column with Alias, or the property.");
    }

    static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal);
}
