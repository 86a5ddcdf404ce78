#include <doctest/doctest.h>

#include "wire/action.h"
#include "wire/protocol.h"

using namespace gyre;

namespace {

net::RequestHead Head(std::string method, std::string target, std::string host = "127.0.0.1:8080") {
    net::RequestHead head;
    head.method = std::move(method);
    head.target = target;
    const size_t mark = target.find('?');
    head.path = target.substr(0, mark);
    if (mark != std::string::npos) head.query = target.substr(mark + 1);
    head.headers.Add("Host", std::move(host));
    return head;
}

}  // namespace

TEST_CASE("S3 operations are told apart by method, path, query and header") {
    struct Case {
        std::string method, target, operation, bucket, key;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"GET", "/", "ListBuckets", "", ""},
             {"PUT", "/b", "CreateBucket", "b", ""},
             {"PUT", "/b/", "CreateBucket", "b", ""},
             {"GET", "/b?list-type=2&prefix=x", "ListObjectsV2", "b", ""},
             {"GET", "/b?prefix=x", "ListObjects", "b", ""},
             {"GET", "/b?location", "GetBucketLocation", "b", ""},
             {"GET", "/b?uploads", "ListMultipartUploads", "b", ""},
             {"GET", "/b/a%20b//c/", "GetObject", "b", "a b//c/"},
             {"HEAD", "/b/k", "HeadObject", "b", "k"},
             {"PUT", "/b/k", "PutObject", "b", "k"},
             {"PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart", "b", "k"},
             {"POST", "/b/k?uploads=", "CreateMultipartUpload", "b", "k"},
             {"POST", "/b/k?uploadId=u", "CompleteMultipartUpload", "b", "k"},
             {"GET", "/b/k?uploadId=u", "ListParts", "b", "k"},
             {"DELETE", "/b/k?uploadId=u", "AbortMultipartUpload", "b", "k"},
             {"DELETE", "/b/k", "DeleteObject", "b", "k"},
             {"POST", "/b?delete", "DeleteObjects", "b", ""},
             {"DELETE", "/b", "DeleteBucket", "b", ""}}) {
        CAPTURE(c.method);
        CAPTURE(c.target);
        const net::RequestHead head = Head(c.method, c.target);
        const auto* service = wire::FindService(head, "s3");
        const auto route = wire::RouteRequest(*service, head, "");
        REQUIRE(route);
        CHECK(route->operation_name == c.operation);
        const core::Json members = route->path_members;
        CHECK(core::JsonString(members, "Bucket").value_or("") == c.bucket);
        CHECK(core::JsonString(members, "Key").value_or("") == c.key);
    }
    net::RequestHead copy = Head("PUT", "/b/k");
    copy.headers.Add("x-amz-copy-source", "/a/b");
    const auto* s3 = wire::FindService(copy, "s3");
    CHECK(wire::RouteRequest(*s3, copy, "")->operation_name == "CopyObject");
    CHECK(wire::RouteRequest(*s3, Head("PUT", "/k", "b.s3.us-east-1.amazonaws.com"), "")
              ->operation_name == "PutObject");
    CHECK(wire::RouteRequest(*s3, Head("PUT", "/b/k"), "")->stream_input);
}

TEST_CASE("what is not served is named, and what nobody knows is refused") {
    struct Case {
        std::string method, target, operation;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"GET", "/b/k?torrent", "GetObjectTorrent"},
             {"GET", "/b?lifecycle", "GetBucketLifecycleConfiguration"},
             {"PUT", "/b?lifecycle", "PutBucketLifecycleConfiguration"},
             {"GET", "/b?inventory", "ListBucketInventoryConfigurations"},
             {"GET", "/b?inventory&id=a", "GetBucketInventoryConfiguration"},
             {"GET", "/b?metrics", "ListBucketMetricsConfigurations"},
             {"GET", "/b?metrics&id=a", "GetBucketMetricsConfiguration"},
             {"GET", "/b?analytics", "ListBucketAnalyticsConfigurations"},
             {"GET", "/b?intelligent-tiering", "ListBucketIntelligentTieringConfigurations"},
             {"GET", "/b/k?annotation", "ListObjectAnnotations"},
             {"GET", "/b/k?annotation&annotationName=a", "GetObjectAnnotation"}}) {
        CAPTURE(c.target);
        const net::RequestHead head = Head(c.method, c.target);
        const auto refused = wire::RouteRequest(*wire::FindService(head, "s3"), head, "");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == core::Code::kUnimplemented);
        CHECK(refused.error().http_status == 501);
        CHECK(refused.error().message.starts_with(c.operation + " of s3"));
    }

    net::RequestHead job = Head("POST", "/");
    job.headers.Add("X-Amz-Target", "SageMaker.CreateTrainingJob");
    const auto* sagemaker = wire::FindService(job, "sagemaker");
    CHECK(sagemaker->name == "sagemaker");
    CHECK(wire::RouteRequest(*sagemaker, job, "").error().code == core::Code::kUnimplemented);
    job.headers.Set("X-Amz-Target", "SageMaker.Fly");
    CHECK(wire::RouteRequest(*sagemaker, job, "").error().wire_name == "UnknownOperationException");
    const net::RequestHead patch = Head("PATCH", "/b/k");
    CHECK(wire::RouteRequest(*wire::FindService(patch, "s3"), patch, "").error().wire_name ==
          "MethodNotAllowed");
}

TEST_CASE("services are found by scope, target, form and path") {
    const net::RequestHead invoke = Head("POST", "/endpoints/zoo/invocations");
    CHECK(wire::FindService(invoke, "sagemaker")->name == "sagemaker-runtime");
    const auto route = wire::RouteRequest(*wire::FindService(invoke, "sagemaker"), invoke, "");
    CHECK(route->operation_name == "InvokeEndpoint");
    CHECK(route->path_members.at("EndpointName") == "zoo");
    CHECK(wire::FindService(Head("POST", "/"), "iam")->name == "iam");
    CHECK(wire::FindService(Head("GET", "/b/k"), "")->name == "s3");
    net::RequestHead logs = Head("POST", "/");
    logs.headers.Add("X-Amz-Target", "Logs_20140328.GetLogEvents");
    CHECK(wire::FindService(logs, "logs")->name == "logs");
    const net::RequestHead form = Head("POST", "/");
    const auto* iam = wire::FindService(form, "iam");
    CHECK(wire::RouteRequest(*iam, form, "Action=GetRole&Version=2010-05-08&RoleName=r")
              ->operation_name == "GetRole");
    CHECK(wire::RouteRequest(*iam, form, "Action=Fly").error().wire_name == "InvalidAction");
    CHECK(wire::RouteRequest(*iam, form, "").error().wire_name == "MissingAction");
}

TEST_CASE("an action table holds what is listed") {
    wire::ActionTable table;
    table.Add({.service = "s3",
               .operation = "ListBuckets",
               .permission = "s3:ListAllMyBuckets",
               .document = [](const wire::CallContext&, core::Json) {
                   return core::Result<core::Json>(core::JsonObject());
               }});
    CHECK(table.Find("s3", "ListBuckets") != nullptr);
    CHECK(table.Find("s3", "PutObject") == nullptr);
    CHECK(table.All().size() == 1);
}
