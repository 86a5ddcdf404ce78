#include <doctest/doctest.h>

#include "wire/protocol.h"

using namespace gyre;

namespace {

wire::Route RouteOf(std::string_view service, const std::string& method, const std::string& target,
                    const std::string& name = "") {
    net::RequestHead head;
    head.method = method;
    const size_t mark = target.find('?');
    head.path = target.substr(0, mark);
    if (mark != std::string::npos) head.query = target.substr(mark + 1);
    for (const wire::Service& known : wire::AllServices()) {
        if (known.name != service) continue;
        if (!name.empty()) {
            head.headers.Add("X-Amz-Target", std::string(known.target_prefix) + "." + name);
        }
        auto route = wire::RouteRequest(known, head, "Action=" + name);
        REQUIRE(route);
        return *route;
    }
    FAIL("no such service");
    return {};
}

}  // namespace

TEST_CASE("JSON answers are the document") {
    const auto response = wire::WriteOutput(RouteOf("sagemaker", "POST", "/", "DescribeModel"),
                                            core::JsonObject{{"ModelName", "m"}}, "id-1");
    CHECK(response.status == 200);
    CHECK(response.headers.Get("Content-Type") == "application/x-amz-json-1.1");
    CHECK(response.headers.Get("x-amzn-RequestId") == "id-1");
    CHECK(response.body == R"({"ModelName":"m"})");
    CHECK(
        wire::WriteOutput(RouteOf("sagemaker", "POST", "/", "DeleteModel"), core::JsonObject(), "")
            .body.empty());
}

TEST_CASE("S3 answers: elements, flattened lists, times, payloads and headers") {
    const auto listing = wire::WriteOutput(
        RouteOf("s3", "GET", "/b?list-type=2"),
        core::JsonObject{
            {"Name", "b"},
            {"Contents",
             core::JsonArray{
                 core::JsonObject{{"Key", "a<b"}, {"LastModified", 1795521600.0}, {"Size", 3}},
                 core::JsonObject{{"Key", "c"}}}}},
        "id");
    CHECK(listing.body ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
          "<Contents><Key>a&lt;b</Key><LastModified>2026-11-24T12:00:00.000Z</LastModified>"
          "<Size>3</Size></Contents><Contents><Key>c</Key></Contents><Name>b</Name>"
          "</ListBucketResult>");
    CHECK(listing.headers.Get("x-amz-request-id") == "id");

    const auto head =
        wire::WriteOutputHead("s3", "HeadObject",
                              core::JsonObject{{"ContentLength", 5},
                                               {"LastModified", 1795521600.0},
                                               {"Metadata", core::JsonObject{{"colour", "blue"}}}},
                              "id");
    CHECK(head.headers.Get("Content-Length") == "5");
    CHECK(head.headers.Get("Last-Modified") == "Tue, 24 Nov 2026 12:00:00 GMT");
    CHECK(head.headers.Get("x-amz-meta-colour") == "blue");

    const auto location =
        wire::WriteOutput(RouteOf("s3", "GET", "/b?location"), core::JsonObject(), "id");
    CHECK(location.body.ends_with(
        "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        "</LocationConstraint>"));
    CHECK(wire::WriteOutput(RouteOf("s3", "DELETE", "/b/k"), core::JsonObject(), "id").status ==
          204);
}

TEST_CASE("query answers are wrapped twice") {
    const auto response =
        wire::WriteOutput(RouteOf("sts", "POST", "/", "GetCallerIdentity"),
                          core::JsonObject{{"Account", "0"}, {"Arn", "arn"}}, "id");
    CHECK(response.body ==
          "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
          "<GetCallerIdentityResult><Account>0</Account><Arn>arn</Arn></GetCallerIdentityResult>"
          "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
          "</GetCallerIdentityResponse>");
}

TEST_CASE("InvokeEndpoint's answer is its body, raw") {
    const std::string bytes("\0\xff raw", 6);
    const auto response = wire::WriteOutput(
        RouteOf("sagemaker-runtime", "POST", "/endpoints/e/invocations"),
        core::JsonObject{
            {"Body", bytes}, {"ContentType", "x/y"}, {"InvokedProductionVariant", "v"}},
        "id");
    CHECK(response.body == bytes);
    CHECK(response.headers.Get("Content-Type") == "x/y");
    CHECK(response.headers.Get("x-Amzn-Invoked-Production-Variant") == "v");
}

TEST_CASE("errors in each family's shape") {
    const auto service = [](std::string_view name) -> const wire::Service& {
        for (const wire::Service& known : wire::AllServices()) {
            if (known.name == name) return known;
        }
        FAIL("no such service");
        return wire::AllServices()[0];
    };
    const core::Error missing(core::Code::kNotFound, "not \"here\"");
    auto response = wire::WriteError(service("logs"), missing, "id", "/");
    CHECK(response.status == 400);
    CHECK(response.body == R"({"__type":"ResourceNotFoundException","message":"not \"here\""})");
    response = wire::WriteError(service("s3"), missing, "id", "/b/k");
    CHECK(response.status == 404);
    CHECK(response.body ==
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>"
          "<Message>not &quot;here&quot;</Message><Resource>/b/k</Resource>"
          "<RequestId>id</RequestId></Error>");
    response = wire::WriteError(service("iam"), missing, "id", "/");
    CHECK(response.status == 404);
    CHECK(response.body.find("<Code>NoSuchEntity</Code>") != std::string::npos);

    core::Error model(core::Code::kInternal, "ModelError", "it failed");
    model.details = {{"OriginalStatusCode", "500"}, {"OriginalMessage", "5"}, {"Retry-After", "2"}};
    response = wire::WriteError(service("sagemaker-runtime"), model, "id", "/");
    CHECK(response.status == 424);
    CHECK(response.headers.Get("x-amzn-ErrorType") == "ModelError");
    CHECK(response.headers.Get("Retry-After") == "2");
    CHECK(response.body == R"({"__type":"ModelError","Message":"it failed","OriginalMessage":"5",)"
                           R"("OriginalStatusCode":500})");
    core::Error unimplemented(core::Code::kUnimplemented, "x");
    CHECK(wire::WriteError(service("sagemaker"), unimplemented, "", "").status == 501);
}
