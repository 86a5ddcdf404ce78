// What can be set on a bucket, as clients see it.

#include <doctest/doctest.h>

#include "objects/test_s3.h"

using namespace gyre::objects;

namespace {

struct WithBucket : TestS3 {
    WithBucket() { REQUIRE(Outcome("PUT", "/bkt") == "200"); }
};

std::string PolicyFor(const std::string& principal, const std::string& condition = "") {
    return R"({"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Principal":)" +
           principal + R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::bkt/*")" +
           (condition.empty() ? "" : ",\"Condition\":" + condition) + "}]}";
}

}  // namespace

TEST_CASE("a bucket's policy is kept as it was put, and asked for by the gate") {
    WithBucket s3;
    CHECK(s3.Outcome("GET", "/bkt?policy") == "404 NoSuchBucketPolicy");
    CHECK(Element(s3.Ask("GET", "/bkt?policyStatus").body, "IsPublic") == "false");
    const std::string policy = PolicyFor(R"({"AWS":"*"})");
    CHECK(s3.Ask("PUT", "/bkt?policy", policy).status < 300);
    CHECK(s3.Ask("GET", "/bkt?policy").body == policy);
    CHECK(Element(s3.Ask("GET", "/bkt?policyStatus").body, "IsPublic") == "true");
    REQUIRE(s3.Store().Settings().PolicyOf("arn:aws:s3:::bkt/some/key"));
    CHECK(s3.Store().Settings().PolicyOf("arn:aws:s3:::bkt")->statements.size() == 1);
    CHECK(!s3.Store().Settings().PolicyOf("arn:aws:s3:::bb/key"));
    CHECK(!s3.Store().Settings().PolicyOf("arn:aws:sagemaker:::bkt/key"));
    CHECK(s3.Outcome("DELETE", "/bkt?policy") == "204");
    CHECK(!s3.Store().Settings().PolicyOf("arn:aws:s3:::bkt"));
    CHECK(s3.Outcome("GET", "/bkt?policy") == "404 NoSuchBucketPolicy");
}

TEST_CASE("a policy that is none is refused") {
    WithBucket s3;
    for (const char* bad :
         {"", "[]", "{", R"({"Version":"2012-10-17","Statement":[]})",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",)"
          R"("Resource":"*"}]})",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"May","Principal":"*",)"
          R"("Action":"s3:*","Resource":"*"}]})"}) {
        CAPTURE(bad);
        CHECK(s3.Outcome("PUT", "/bkt?policy", bad) == "400 MalformedPolicy");
    }
    CHECK(s3.Outcome("PUT", "/bkt?policy", std::string(30'000, ' ')) == "400 PolicyTooLarge");
    CHECK(s3.Outcome("PUT", "/none?policy", PolicyFor("\"*\"")) == "404 NoSuchBucket");
}

TEST_CASE("a bucket's policy is about the bucket and S3") {
    WithBucket s3;
    const auto put = [&](const std::string& action, const std::string& resource) {
        const auto answer = s3.Ask(
            "PUT", "/bkt?policy",
            R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":)" +
                action + R"(,"Resource":)" + resource + "}}");
        CHECK((answer.status < 300 || Element(answer.body, "Code") == "MalformedPolicy"));
        return Element(answer.body, "Message");
    };
    const std::string all = R"("arn:aws:s3:::bkt/*")";
    for (const std::string resource :
         {R"("arn:aws:s3:::bkt")", R"(["arn:aws:s3:::bkt","arn:aws:s3:::bkt/a/${aws:username}"])",
          R"("arn:aws:s3:::b*/x")", R"("arn:aws:s3:::*")", R"("*")"}) {
        CAPTURE(resource);
        CHECK(put(R"(["s3:GetObject","S3:Put*"])", resource).empty());
    }
    for (const std::string resource :
         {R"("arn:aws:s3:::other/*")", R"(["arn:aws:s3:::bkt","arn:aws:s3:::bkt2/*"])",
          R"("arn:aws:sqs:us-east-1:000000000000:bkt")"}) {
        CAPTURE(resource);
        CHECK(put(R"("s3:*")", resource) == "Policy has invalid resource");
    }
    CHECK(put(R"("*")", all).empty());
    CHECK(put(R"(["s3:GetObject","sqs:SendMessage"])", all) == "Policy has invalid action");
}

TEST_CASE("who is everyone") {
    CHECK(IsPublicPolicy(PolicyFor("\"*\"")));
    CHECK(IsPublicPolicy(PolicyFor(R"({"AWS":["arn:aws:iam::1:root","*"]})")));
    CHECK(!IsPublicPolicy(PolicyFor(R"({"AWS":"arn:aws:iam::000000000000:root"})")));
    CHECK(!IsPublicPolicy(PolicyFor("\"*\"", R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/32"}})")));
    CHECK(IsPublicPolicy(PolicyFor("\"*\"", R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}})")));
    CHECK(IsPublicPolicy(PolicyFor("\"*\"", R"({"StringLike":{"aws:Referer":"x"}})")));
}

TEST_CASE("public access can be blocked") {
    WithBucket s3;
    CHECK(s3.Outcome("GET", "/bkt?publicAccessBlock") ==
          "404 NoSuchPublicAccessBlockConfiguration");
    CHECK(s3.Outcome("PUT", "/bkt?publicAccessBlock",
                     "<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>"
                     "</PublicAccessBlockConfiguration>") == "200");
    const auto block = s3.Ask("GET", "/bkt?publicAccessBlock").body;
    CHECK(Element(block, "BlockPublicPolicy") == "true");
    CHECK(Element(block, "BlockPublicAcls") == "false");
    CHECK(s3.Outcome("PUT", "/bkt?policy", PolicyFor("\"*\"")) == "403 AccessDenied");
    CHECK(s3.Ask("PUT", "/bkt?policy", PolicyFor(R"({"AWS":"arn:aws:iam::000000000000:root"})"))
              .status < 300);
    CHECK(s3.Outcome("DELETE", "/bkt?publicAccessBlock") == "204");
    CHECK(s3.Ask("PUT", "/bkt?policy", PolicyFor("\"*\"")).status < 300);
    const auto allows = [&](const gyre::access::AccessRequest& request) {
        const auto policy = s3.Store().Settings().PolicyOf("arn:aws:s3:::bkt");
        const gyre::access::Policy* one = policy.get();
        return gyre::access::Evaluate({&one, 1}, request).Allowed();
    };
    gyre::access::AccessRequest stranger;
    stranger.action = "s3:GetObject";
    stranger.resource = "arn:aws:s3:::bkt/k";
    gyre::access::AccessRequest user = stranger;
    user.principal_arns = {"arn:aws:iam::000000000000:user/u"};
    user.account = "000000000000";
    CHECK(allows(stranger));
    CHECK(allows(user));
    s3.Ask("PUT", "/bkt?publicAccessBlock",
           "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets>"
           "</PublicAccessBlockConfiguration>");
    CHECK(!allows(stranger));
    CHECK(allows(user));
}

TEST_CASE("CORS rules are kept, and refused where they are none") {
    WithBucket s3;
    CHECK(s3.Outcome("GET", "/bkt?cors") == "404 NoSuchCORSConfiguration");
    const std::string rules =
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>"
        "<AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedHeader>x-*</AllowedHeader>"
        "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>"
        "</CORSConfiguration>";
    CHECK(s3.Outcome("PUT", "/bkt?cors", rules) == "200");
    const auto kept = s3.Ask("GET", "/bkt?cors").body;
    CHECK(Element(kept, "AllowedOrigin") == "https://*.example.com");
    CHECK(Element(kept, "MaxAgeSeconds") == "60");
    CHECK(s3.Outcome("DELETE", "/bkt?cors") == "204");
    CHECK(s3.Outcome("PUT", "/bkt?cors", "<CORSConfiguration/>") == "400 MalformedXML");
    CHECK(s3.Outcome("PUT", "/bkt?cors",
                     "<CORSConfiguration><CORSRule><AllowedMethod>LOOK</AllowedMethod>"
                     "<AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>") ==
          "400 InvalidRequest");
    CHECK(s3.Outcome("PUT", "/bkt?cors",
                     "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>"
                     "<AllowedOrigin>*.*</AllowedOrigin></CORSRule></CORSConfiguration>") ==
          "400 InvalidRequest");
}

TEST_CASE("notifications are kept with ids, and say whom to tell") {
    WithBucket s3;
    CHECK(s3.Outcome("GET", "/bkt?notification") == "200");
    const std::string configuration =
        "<NotificationConfiguration><QueueConfiguration>"
        "<Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue><Event>s3:ObjectCreated:*</Event>"
        "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule>"
        "<FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter>"
        "</QueueConfiguration><EventBridgeConfiguration/></NotificationConfiguration>";
    CHECK(s3.Outcome("PUT", "/bkt?notification", configuration) == "200");
    const auto kept = s3.Ask("GET", "/bkt?notification").body;
    CHECK(Element(kept, "Queue") == "arn:aws:sqs:us-east-1:000000000000:q");
    CHECK(Element(kept, "Id").size() == 36);
    const auto rules = s3.Store().Settings().NotificationOf("bkt");
    REQUIRE(rules);
    const EventDestination queue{"arn:aws:sqs:us-east-1:000000000000:q", Element(kept, "Id")};
    const EventDestination bridge;
    CHECK(rules->Destinations("ObjectCreated:Put", "in/a.jpg") == std::vector{queue, bridge});
    CHECK(rules->Destinations("ObjectRemoved:Delete", "in/a.jpg") == std::vector{bridge});
    CHECK(rules->Destinations("ObjectCreated:Put", "a.jpg").size() == 1);
    CHECK(s3.Outcome("PUT", "/bkt?notification", "<NotificationConfiguration/>") == "200");
    CHECK(!s3.Store().Settings().NotificationOf("bkt"));
    CHECK(s3.Outcome("PUT", "/bkt?notification",
                     "<NotificationConfiguration><QueueConfiguration><Queue>q</Queue>"
                     "<Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
                     "</NotificationConfiguration>") == "400 InvalidArgument");
    CHECK(s3.Outcome("PUT", "/bkt?notification",
                     "<NotificationConfiguration><QueueConfiguration>"
                     "<Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue>"
                     "<Event>s3:ObjectEaten:*</Event></QueueConfiguration>"
                     "</NotificationConfiguration>") == "400 InvalidArgument");
}

TEST_CASE("settings go with their bucket") {
    WithBucket s3;
    s3.Ask("PUT", "/bkt?policy", PolicyFor("\"*\""));
    CHECK(s3.Outcome("DELETE", "/bkt") == "204");
    CHECK(!s3.Store().Settings().PolicyOf("arn:aws:s3:::bkt"));
    s3.Ask("PUT", "/bkt");
    CHECK(s3.Outcome("GET", "/bkt?policy") == "404 NoSuchBucketPolicy");
}

TEST_CASE("an object's attributes") {
    WithBucket s3;
    s3.Ask("PUT", "/bkt/k", "hello");
    const auto all =
        s3.Ask("GET", "/bkt/k?attributes", "",
               {{"x-amz-object-attributes", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"}})
            .body;
    CHECK(Element(all, "ETag") == "5d41402abc4b2a76b9719d911017c592");
    CHECK(Element(all, "ObjectSize") == "5");
    CHECK(Element(all, "ChecksumCRC64NVME") != "");
    CHECK(Element(all, "StorageClass") == "STANDARD");
    CHECK(all.find("ObjectParts") == std::string::npos);
    const auto size =
        s3.Ask("GET", "/bkt/k?attributes", "", {{"x-amz-object-attributes", "ObjectSize"}}).body;
    CHECK(size.find("ETag") == std::string::npos);
    CHECK(s3.Outcome("GET", "/bkt/k?attributes", "", {{"x-amz-object-attributes", "Colour"}}) ==
          "400 InvalidArgument");
    CHECK(s3.Outcome("GET", "/bkt/none?attributes", "", {{"x-amz-object-attributes", "ETag"}}) ==
          "404 NoSuchKey");
}
