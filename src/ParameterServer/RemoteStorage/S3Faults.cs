using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using MetaSpore.Spark.Model.Errors;

namespace MetaSpore.Spark.ParameterServer.RemoteStorage;

/// <summary>Says what a failed call to S3 means for the user.</summary>
static class S3Faults
{
    /// <summary>Runs one call with a deadline.</summary>
    /// <param name="location">What it concerns.</param>
    /// <param name="what">What is done, such as "reading".</param>
    /// <param name="settings">How the store is reached.</param>
    /// <param name="limit">The deadline, repetitions included.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="BadInputException">The user must set something right.</exception>
    /// <exception cref="StorageException">The store can't be reached or fails.</exception>
    public static async Task<T> RunAsync<T>(
        StorageLocation location, string what, S3Settings settings, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            return await call(deadline.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or AmazonClientException or AmazonServiceException or HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (error is FileNotFoundException or StorageException) throw;
            string start = $"{what} '{location}' failed: ";
            throw error is OperationCanceledException
                ? new StorageException($"{start}{settings.Place} did not end the call within {limit.TotalSeconds:0} s. Try again when the store and the network are less busy", error)
                : Explain(start, location, settings, error);
        }
    }

    /// <summary>Whether an error says that there is no such object.</summary>
    public static bool IsMissing(AmazonS3Exception error) =>
        error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode is not "NoSuchBucket";

    static Exception Explain(string start, StorageLocation location, S3Settings settings, Exception error)
    {
        AmazonServiceException? service = error as AmazonServiceException ?? error.InnerException as AmazonServiceException;
        string answer = service is { ErrorCode: { Length: > 0 } code } && (int)service.StatusCode != 0 ? $"{(int)service.StatusCode} {code}: {service.Message.TrimEnd('.')}" : error.Message.TrimEnd('.');
        switch (service?.ErrorCode)
        {
            case "NoSuchBucket":
                return new BadInputException($"{start}there is no bucket '{location.Authority}' at {settings.Place}. Create it, or correct the address", error);
            case "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken":
                return new BadInputException($"{start}{settings.Place} does not accept the credentials ({answer}). Correct or renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the profile or the role", error);
            case "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException":
                return new BadInputException($"{start}the bucket '{location.Authority}' is in another region ({answer}). Set AWS_REGION to it", error);
        }

        int status = (int?)service?.StatusCode ?? 0;
        if (status is 401 or 403)
        {
            return new BadInputException(
                $"{start}{settings.Place} denies it ({answer}). Allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on the bucket '{location.Authority}' to these credentials", error);
        }

        if (status is 301 or 307) return new BadInputException($"{start}the bucket '{location.Authority}' is in another region ({answer}). Set AWS_REGION to it", error);
        if (status is >= 400 and < 500 and not 408 and not 429) return new BadInputException($"{start}{settings.Place} refuses it ({answer}). Check the address and AWS_ENDPOINT_URL_S3", error);
        if (status >= 500 || status is 408 or 429) return new StorageException($"{start}{settings.Place} answered {answer}, also when asked again. Try again when the store is well", error);
        if (IsAboutCredentials(error))
        {
            return new BadInputException(
                $"{start}no AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where the machine or the pod has a role", error);
        }

        return new StorageException($"{start}{settings.Place} can't be reached: {Innermost(error)}. Check AWS_ENDPOINT_URL_S3 and the network", error);
    }

    static bool IsAboutCredentials(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is HttpRequestException or IOException) return false;
            if (error.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    static string Innermost(Exception error)
    {
        while (error.InnerException is { } inner) error = inner;
        return error.Message.TrimEnd('.');
    }
}
