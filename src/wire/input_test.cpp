#include <doctest/doctest.h>
#include <re2/re2.h>

#include "core/utf8.h"
#include "wire/detail/tables.h"
#include "wire/detail/timestamps.h"
#include "wire/protocol.h"

using namespace gyre;

namespace {

core::Result<core::Json> Parse(std::string_view service, std::string_view operation,
                               const std::string& body, net::RequestHead head = {}) {
    head.method = "POST";
    for (const wire::Service& known : wire::AllServices()) {
        if (known.name != service) continue;
        if (known.protocol == wire::Protocol::kJson11) {
            head.headers.Set("X-Amz-Target",
                             std::string(known.target_prefix) + "." + std::string(operation));
        }
        auto route = wire::RouteRequest(known, head, body);
        REQUIRE(route);
        CHECK(route->operation_name == operation);
        return wire::ParseInput(*route, head, body);
    }
    FAIL("no such service");
    return core::Json();
}

}  // namespace

TEST_CASE("a JSON input keeps what the model knows and leaves out the rest") {
    const auto input =
        Parse("sagemaker", "CreateModel",
              R"({"ModelName":"m","Other":1,"ExecutionRoleArn":"arn:aws:iam::000000000000:role/r",
            "PrimaryContainer":{"Image":"i","Environment":{"A":"b"},"ModelDataUrl":null}})");
    REQUIRE(input);
    CHECK(core::JsonText(*input) ==
          R"({"ModelName":"m","PrimaryContainer":{"Image":"i","Environment":{"A":"b"}},)"
          R"("ExecutionRoleArn":"arn:aws:iam::000000000000:role/r"})");
}

namespace {

void CheckPatterns(const wire::Shape& shape) {
    if (!shape.pattern.empty()) {
        CAPTURE(shape.pattern);
        CHECK(re2::RE2(re2::StringPiece(shape.pattern.data(), shape.pattern.size())).ok());
    }
    for (const wire::Member& member : shape.members) CheckPatterns(*member.shape);
    if (shape.value != nullptr) CheckPatterns(*shape.value);
    if (shape.key != nullptr) CheckPatterns(*shape.key);
}

}  // namespace

TEST_CASE("the pattern of every served operation is one that RE2 takes") {
    for (const wire::Service& service : wire::AllServices()) {
        for (const wire::Operation& operation : service.operations->operations) {
            if (operation.input != nullptr) CheckPatterns(*operation.input);
        }
    }
}

TEST_CASE("every violated constraint is told, in AWS's words") {
    struct Case {
        std::string_view operation, body, said;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"CreateModel", "{}",
              "1 validation error detected: Value null at 'modelName' failed to satisfy "
              "constraint: "
              "Member must not be null"},
             {"DescribeEndpoint", R"({"EndpointName":"-a b"})",
              "Value '-a b' at 'endpointName' failed to satisfy constraint: Member must satisfy "
              "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"},
             {"ListModels", R"({"MaxResults":0,"SortBy":"Size"})", "2 validation errors detected"},
             {"ListModels", R"({"MaxResults":101})",
              "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value "
              "less than or equal to 100"},
             {"ListModels", R"({"SortBy":"Size"})",
              "Member must satisfy enum value set: [Name, CreationTime]"},
             {"CreateEndpointConfig",
              R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"v",)"
              R"("ModelName":"m","InitialInstanceCount":0,"InstanceType":"ml.m5.large"}]})",
              "Value '0' at 'productionVariants.1.member.initialInstanceCount' failed to satisfy "
              "constraint: Member must have value greater than or equal to 1"},
             {"CreateEndpointConfig", R"({"EndpointConfigName":"c","ProductionVariants":[]})",
              "Member must have length greater than or equal to 1"}}) {
        CAPTURE(c.body);
        const auto input = Parse("sagemaker", c.operation, std::string(c.body));
        REQUIRE_FALSE(input);
        CHECK(input.error().code == core::Code::kInvalidArgument);
        CAPTURE(input.error().message);
        CHECK(input.error().message.find(c.said) != std::string::npos);
    }
}

TEST_CASE("a long value is shown up to a character's end") {
    std::string name = "a";
    for (int i = 0; i < 200; ++i) name += "\u00e9";
    const auto input =
        Parse("sagemaker", "DescribeEndpoint", R"({"EndpointName":")" + name + "\"}");
    REQUIRE_FALSE(input);
    CHECK(core::IsUtf8(input.error().message));
    CHECK(input.error().message.find("...'") != std::string::npos);
}

TEST_CASE("a value of another type is a serialisation error") {
    for (const char* body : {R"({"ModelName":5})", R"({"ModelName":["a"]})", "[1]", "{", "nonsense",
                             R"({"ModelName":"m","PrimaryContainer":"x"})"}) {
        CAPTURE(body);
        const auto input = Parse("sagemaker", "CreateModel", body);
        REQUIRE_FALSE(input);
        CHECK(input.error().wire_name == "SerializationException");
    }
    CHECK(Parse("sagemaker", "ListModels", R"({"MaxResults":1.5})").error().wire_name ==
          "SerializationException");
    CHECK(core::JsonInt(*Parse("sagemaker", "ListModels", R"({"MaxResults":10.0})"),
                        "MaxResults") == 10);
}

TEST_CASE("forms of the query protocol") {
    const auto input =
        Parse("iam", "SimulatePrincipalPolicy",
              "Action=SimulatePrincipalPolicy&Version=2010-05-08"
              "&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fr"
              "&ActionNames.member.2=s3%3APutObject&ActionNames.member.1=s3:GetObject"
              "&ContextEntries.member.1.ContextKeyName=aws%3Auser+name"
              "&ContextEntries.member.1.ContextKeyValues.member.1=v&MaxItems=5");
    REQUIRE(input);
    CHECK(
        core::JsonText(*input) ==
        R"({"PolicySourceArn":"arn:aws:iam::000000000000:role/r","ActionNames":["s3:GetObject","s3:PutObject"],)"
        R"("ContextEntries":[{"ContextKeyName":"aws:user name","ContextKeyValues":["v"]}],"MaxItems":5})");
    CHECK(Parse("iam", "CreateRole", "Action=CreateRole&RoleName=r")
              .error()
              .message.find("'assumeRolePolicyDocument'") != std::string::npos);
}

TEST_CASE("S3's members come by path, query, headers and XML") {
    net::RequestHead head;
    head.method = "PUT";
    head.path = "/bucket/key";
    head.headers.Add("Content-Type", "text/plain");
    head.headers.Add("X-Amz-Meta-Colour", "blue");
    head.headers.Add("Content-Length", "5");
    const wire::Service& s3 = *wire::FindService(head, "s3");
    auto route = wire::RouteRequest(s3, head, "");
    auto input = wire::ParseInput(*route, head, "");
    REQUIRE(input);
    CHECK(core::JsonText(*input) ==
          R"({"Bucket":"bucket","Key":"key","ContentLength":5,"ContentType":"text/plain",)"
          R"("Metadata":{"colour":"blue"}})");

    head.method = "POST";
    head.path = "/bucket";
    head.query = "delete";
    route = wire::RouteRequest(s3, head, "");
    input = wire::ParseInput(*route, head,
                             "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                             "<Quiet>true</Quiet><Object><Key>a &amp; b</Key></Object>"
                             "<Object><Key>c</Key></Object></Delete>");
    REQUIRE(input);
    CHECK(core::JsonText(*core::JsonFind(*input, "Delete")) ==
          R"({"Objects":[{"Key":"a & b"},{"Key":"c"}],"Quiet":true})");
    // A text in pieces is one text: half a key would be another object's.
    input = wire::ParseInput(*route, head,
                             "<Delete><Object><Key>a<!-- b -->c<![CDATA[<d>]]></Key></Object>"
                             "</Delete>");
    REQUIRE(input);
    CHECK(core::JsonText(*core::JsonFind(*input, "Delete")) == R"({"Objects":[{"Key":"ac<d>"}]})");
    for (const char* body :
         {"<Delete>", "no xml", "<Delete/><Delete/>", "<Delete><Quiet>maybe</Quiet></Delete>",
          "<Delete><Object><Key>a&#0;b</Key></Object></Delete>",
          "<Delete><Object><Key>a&#x00;</Key></Object></Delete>",
          "<Delete><Object><Key>a<Key>b</Key></Key></Object></Delete>"}) {
        CAPTURE(body);
        CHECK(wire::ParseInput(*route, head, body).error().wire_name == "MalformedXML");
    }
    CHECK(wire::ParseInput(*route, head, "").error().wire_name == "MissingRequestBodyError");
}

TEST_CASE("texts of documents are UTF-8") {
    const std::string tag = "Action=TagUser&UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=";
    CHECK(Parse("iam", "TagUser", tag + "%FF").error().wire_name == "MalformedInput");
    CHECK(Parse("iam", "TagUser", tag + "%C3%A9"));
    net::RequestHead head;
    head.method = "PUT";
    head.path = "/bucket/key";
    head.headers.Add("Content-Disposition", "filename=\"\xe9\"");  // Latin-1
    head.headers.Add("x-amz-meta-a", "\xff");
    head.headers.Add("x-amz-meta-b", "\u20ac");
    const wire::Service& s3 = *wire::FindService(head, "s3");
    auto route = wire::RouteRequest(s3, head, "");
    auto input = wire::ParseInput(*route, head, "");
    REQUIRE(input);
    CHECK(core::JsonString(*input, "ContentDisposition") == "filename=\"\u00e9\"");
    CHECK(core::JsonText(input->at("Metadata")) == "{\"a\":\"\u00ff\",\"b\":\"\u20ac\"}");
    head.query = "tagging";
    route = wire::RouteRequest(s3, head, "");
    for (const char* value : {"\xff", "&#xD800;"}) {
        CAPTURE(value);
        const std::string body = std::string("<Tagging><TagSet><Tag><Key>k</Key><Value>") + value +
                                 "</Value></Tag></TagSet></Tagging>";
        CHECK(wire::ParseInput(*route, head, body).error().wire_name == "MalformedXML");
    }
    head.path = "/bucket/%FF";
    CHECK(wire::RouteRequest(s3, head, "").error().wire_name == "InvalidURI");
}

TEST_CASE("timestamps") {
    using wire::detail::ParseTimestamp;
    CHECK(ParseTimestamp("2026-11-24T12:00:00Z") == 1795521600.0);
    CHECK(ParseTimestamp("2026-11-24T12:00:00.5Z") == 1795521600.5);
    CHECK(ParseTimestamp("2026-11-24T13:00:00+01:00") == 1795521600.0);
    CHECK(ParseTimestamp("Tue, 24 Nov 2026 12:00:00 GMT") == 1795521600.0);
    CHECK(ParseTimestamp("1795521600") == 1795521600.0);
    CHECK_FALSE(ParseTimestamp("yesterday"));
    CHECK_FALSE(ParseTimestamp("1e300"));
    CHECK_FALSE(ParseTimestamp(""));
}
