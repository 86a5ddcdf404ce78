#include "wire/aws_host.h"

#include <doctest/doctest.h>

#include <initializer_list>

#include "wire/protocol.h"

using namespace gyre;

TEST_CASE("an AWS host name tells service, region and bucket") {
    struct Case {
        const char *host, *service, *region, *bucket;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"sts.amazonaws.com", "sts", "", ""},
             {"sts.us-east-1.amazonaws.com:443", "sts", "us-east-1", ""},
             {"iam.amazonaws.com", "iam", "", ""},
             {"api.sagemaker.eu-west-1.amazonaws.com", "sagemaker", "eu-west-1", ""},
             {"runtime.sagemaker.us-east-1.amazonaws.com", "sagemaker-runtime", "us-east-1", ""},
             {"logs.us-east-1.amazonaws.com", "logs", "us-east-1", ""},
             {"monitoring.us-east-1.amazonaws.com", "cloudwatch", "us-east-1", ""},
             {"rds.us-east-1.amazonaws.com", "neptune", "us-east-1", ""},
             {"s3.amazonaws.com", "s3", "", ""},
             {"s3.us-west-2.amazonaws.com", "s3", "us-west-2", ""},
             {"s3-us-west-2.amazonaws.com", "s3", "us-west-2", ""},
             {"bucket.s3.amazonaws.com", "s3", "", "bucket"},
             {"bucket.s3.us-west-2.amazonaws.com", "s3", "us-west-2", "bucket"},
             {"a.b.s3.us-west-2.amazonaws.com", "s3", "us-west-2", "a.b"},
             {"my.s3.logs.s3.us-west-2.amazonaws.com", "s3", "us-west-2", "my.s3.logs"},
             {"bucket.s3-us-west-2.amazonaws.com", "s3", "us-west-2", "bucket"},
             {"b.s3.dualstack.us-west-2.amazonaws.com", "s3", "us-west-2", "b"},
             {"not-s3.us-east-1.amazonaws.com", "not-s3", "us-east-1", ""},
             {"ec2.us-east-1.amazonaws.com", "ec2", "us-east-1", ""}}) {
        CAPTURE(c.host);
        const auto host = wire::ParseAwsHost(c.host);
        REQUIRE(host);
        CHECK(host->service == c.service);
        CHECK(host->region == c.region);
        CHECK(host->bucket == c.bucket);
    }
    for (const char* other : {"", "amazonaws.com", ".amazonaws.com", "127.0.0.1:8080",
                              "sts.amazonaws.com.example.com", "xamazonaws.com"}) {
        CAPTURE(other);
        CHECK_FALSE(wire::ParseAwsHost(other));
    }
}

TEST_CASE("without a signature the host name says which service is asked") {
    net::RequestHead head;
    head.method = "POST";
    head.path = "/";
    head.headers.Add("Host", "iam.amazonaws.com");
    CHECK(wire::FindService(head, "")->name == "iam");
    head.headers.Set("Host", "bucket.s3.eu-west-1.amazonaws.com");
    CHECK(wire::FindService(head, "")->name == "s3");
    head.headers.Set("Host", "runtime.sagemaker.eu-west-1.amazonaws.com");
    CHECK(wire::FindService(head, "")->name == "sagemaker-runtime");
    head.headers.Set("Host", "127.0.0.1:8080");
    CHECK(wire::FindService(head, "")->name == "s3");
}
