#include "access/policy.h"

#include <doctest/doctest.h>

#include <ctime>

using namespace gyre;
using namespace gyre::access;

namespace {

constexpr const char* kAction = "s3:GetObject";
constexpr const char* kResource = "arn:aws:s3:::models/a/b.tar.gz";

AccessRequest SampleRequest() {
    AccessRequest request;
    request.principal_arns = {"arn:aws:iam::000000000000:user/ada"};
    request.account = "000000000000";
    request.action = kAction;
    request.resource = kResource;
    request.context = {{"aws:username", "ada"},
                       {"aws:SourceIp", "10.1.2.3"},
                       {"aws:CurrentTime", "2026-11-24T12:00:00Z"},
                       {"aws:EpochTime", "1795521600"},
                       {"aws:SecureTransport", "false"},
                       {"aws:PrincipalArn", "arn:aws:iam::000000000000:user/ada"},
                       {"s3:max-keys", "10"},
                       {"s3:prefix", "home/ada/x"},
                       {"aws:TagKeys", "team"},
                       {"aws:TagKeys", "cost"},
                       {"odd", "a*c"}};
    return request;
}

/// "allow NAME", "deny NAME" or "none".
std::string Outcome(const std::vector<std::string>& documents, const AccessRequest& request) {
    std::vector<Policy> policies;
    for (const std::string& document : documents) {
        auto policy =
            Policy::Parse("p" + std::to_string(policies.size()), document, PolicyKind::kIdentity);
        REQUIRE_MESSAGE(policy, policy.error().message);
        policies.push_back(std::move(*policy));
    }
    std::vector<const Policy*> pointers;
    for (const Policy& policy : policies) pointers.push_back(&policy);
    const Decision decision = Evaluate(pointers, request);
    if (decision.effect == Decision::Effect::kImplicitDeny) return "none";
    return (decision.Allowed() ? "allow " : "deny ") + decision.policy + "." + decision.statement;
}

std::string Document(const std::string& statement) {
    return R"({"Version":"2012-10-17","Statement":[)" + statement + "]}";
}

bool Allows(const std::string& elements, const AccessRequest& request = SampleRequest()) {
    return Outcome({Document(R"({"Effect":"Allow",)" + elements + "}")}, request) == "allow p0.#0";
}

}  // namespace

TEST_CASE("an account's canonical id is its id") {
    const auto policy = Policy::Parse("p", R"({"Statement":{"Effect":"Deny","Action":"*",
        "Resource":"*","Principal":{"CanonicalUser":"123456789012"}}})",
                                      PolicyKind::kResource);
    REQUIRE(policy);
    const Policy* one = &*policy;
    AccessRequest request;
    request.principal_arns = {"arn:aws:iam::123456789012:user/u"};
    request.account = "123456789012";
    request.action = "s3:GetObject";
    request.resource = "arn:aws:s3:::b/k";
    CHECK(Evaluate({&one, 1}, request).effect == Decision::Effect::kExplicitDeny);
    request.account = "210987654321";
    CHECK(Evaluate({&one, 1}, request).effect == Decision::Effect::kImplicitDeny);
}

TEST_CASE("actions and resources") {
    const struct {
        const char* elements;
        bool allowed;
    } cases[] = {
        {R"("Action":"*","Resource":"*")", true},
        {R"("Action":"s3:*","Resource":"*")", true},
        {R"("Action":"s3:GetObject","Resource":"*")", true},
        {R"("Action":"S3:getobject","Resource":"*")", true},
        {R"("Action":"s3:Get*","Resource":"*")", true},
        {R"("Action":"s3:*Object","Resource":"*")", true},
        {R"("Action":"s3:GetObjec?","Resource":"*")", true},
        {R"("Action":"s3:GetObject?","Resource":"*")", false},
        {R"("Action":"s3:Put*","Resource":"*")", false},
        {R"("Action":["iam:*","s3:GetObject"],"Resource":"*")", true},
        {R"("NotAction":"s3:*","Resource":"*")", false},
        {R"("NotAction":"iam:*","Resource":"*")", true},
        {R"("NotAction":["iam:*","s3:Get*"],"Resource":"*")", false},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/*")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/a/b.tar.gz")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:::MODELS/*")", false},
        {R"("Action":"*","Resource":"arn:aws:s3:::models")", false},
        {R"("Action":"*","Resource":"arn:aws:s3:::*/b.tar.gz")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:::model?/*")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:*:*:models/*")", true},
        {R"("Action":"*","Resource":"arn:*:s3:::models/*")", true},
        {R"("Action":"*","Resource":"arn:aws:sagemaker:::models/*")", false},
        {R"("Action":"*","Resource":["arn:aws:s3:::x","arn:aws:s3:::models/*"])", true},
        {R"("Action":"*","NotResource":"arn:aws:s3:::models/*")", false},
        {R"("Action":"*","NotResource":"arn:aws:s3:::other/*")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/${aws:username}/*")", false},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/a${*}")", false},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/${none, 'a'}/*")", true},
        {R"("Action":"*","Resource":"arn:aws:s3:::models/${none}*")", false},
    };
    for (const auto& c : cases) {
        CAPTURE(c.elements);
        CHECK(Allows(c.elements) == c.allowed);
    }
}

TEST_CASE("conditions") {
    const struct {
        const char* condition;
        bool holds;
    } cases[] = {
        {R"("StringEquals":{"aws:username":"ada"})", true},
        {R"("StringEquals":{"AWS:UserName":"ada"})", true},
        {R"("StringEquals":{"aws:username":"Ada"})", false},
        {R"("StringEquals":{"aws:username":["bob","ada"]})", true},
        {R"("StringEquals":{"aws:username":"a*"})", false},
        {R"("StringEquals":{"odd":"a*c"})", true},
        {R"("StringEquals":{"absent":"x"})", false},
        {R"("StringNotEquals":{"aws:username":"bob"})", true},
        {R"("StringNotEquals":{"aws:username":["bob","ada"]})", false},
        {R"("StringNotEquals":{"absent":"x"})", true},
        {R"("StringEqualsIgnoreCase":{"aws:username":"ADA"})", true},
        {R"("StringNotEqualsIgnoreCase":{"aws:username":"ADA"})", false},
        {R"("StringLike":{"s3:prefix":"home/${aws:username}/*"})", true},
        {R"("StringLike":{"s3:prefix":["x","home/b*"]})", false},
        {R"("StringLike":{"odd":"${odd}"})", true},
        {R"("StringLike":{"aws:username":"${odd}"})", false},
        {R"("StringNotLike":{"s3:prefix":"home/*"})", false},
        {R"("NumericEquals":{"s3:max-keys":"10.0"})", true},
        {R"("NumericNotEquals":{"s3:max-keys":10})", false},
        {R"("NumericLessThan":{"s3:max-keys":"10"})", false},
        {R"("NumericLessThanEquals":{"s3:max-keys":"10"})", true},
        {R"("NumericGreaterThan":{"s3:max-keys":"9"})", true},
        {R"("NumericGreaterThanEquals":{"s3:max-keys":"11"})", false},
        {R"("NumericLessThan":{"aws:username":"5"})", false},
        {R"("DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"})", true},
        {R"("DateGreaterThan":{"aws:CurrentTime":"2026-11-25"})", false},
        {R"("DateEquals":{"aws:EpochTime":"2026-11-24T12:00:00.000Z"})", true},
        {R"("DateNotEquals":{"aws:CurrentTime":"1795521600"})", false},
        {R"("DateLessThanEquals":{"aws:CurrentTime":"2026-11-24T12:00:00Z"})", true},
        {R"("DateGreaterThanEquals":{"aws:CurrentTime":"2026-11-24T12:00:01Z"})", false},
        {R"("BinaryEquals":{"odd":"a*c"})", true},
        {R"("BinaryEquals":{"odd":"a*"})", false},
        {R"("Bool":{"aws:SecureTransport":"true"})", false},
        {R"("Bool":{"aws:SecureTransport":false})", true},
        {R"("BoolIfExists":{"aws:MultiFactorAuthPresent":"true"})", true},
        {R"("BoolIfExists":{"aws:SecureTransport":"true"})", false},
        {R"("IpAddress":{"aws:SourceIp":"10.0.0.0/8"})", true},
        {R"("IpAddress":{"aws:SourceIp":["192.168.0.0/16","10.1.2.3"]})", true},
        {R"("IpAddress":{"aws:SourceIp":"10.1.2.2/31"})", true},
        {R"("IpAddress":{"aws:SourceIp":"10.1.2.0/31"})", false},
        {R"("IpAddress":{"aws:SourceIp":"::/0"})", false},
        {R"("NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"})", false},
        {R"("ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"})", true},
        {R"("ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/bob"})", false},
        {R"("ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"})", true},
        {R"("ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/ada"})", false},
        {R"("Null":{"aws:username":"true"})", false},
        {R"("Null":{"aws:username":"false"})", true},
        {R"("Null":{"absent":"true"})", true},
        {R"("ForAnyValue:StringEquals":{"aws:TagKeys":"cost"})", true},
        {R"("ForAnyValue:StringEquals":{"aws:TagKeys":"owner"})", false},
        {R"("ForAnyValue:StringEquals":{"absent":"x"})", false},
        {R"("ForAllValues:StringEquals":{"aws:TagKeys":["team","cost","owner"]})", true},
        {R"("ForAllValues:StringEquals":{"aws:TagKeys":["team"]})", false},
        {R"("ForAllValues:StringEquals":{"absent":"x"})", true},
        {R"("StringEqualsIfExists":{"absent":"x"})", true},
        {R"("StringEqualsIfExists":{"aws:username":"bob"})", false},
        {R"("StringEquals":{"aws:username":"ada"},"Bool":{"aws:SecureTransport":"true"})", false},
        {R"("StringEquals":{"aws:username":"ada","s3:prefix":"no"})", false},
    };
    for (const auto& c : cases) {
        CAPTURE(c.condition);
        CHECK(Allows(std::string(R"("Action":"*","Resource":"*","Condition":{)") + c.condition +
                     "}") == c.holds);
    }
}

TEST_CASE("the deciding statement is named") {
    const std::string allow_all =
        Document(R"({"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"})");
    const std::string allow_put =
        Document(R"({"Effect":"Allow","Action":"s3:Put*","Resource":"*"})");
    const std::string deny_second = Document(R"({"Effect":"Allow","Action":"iam:*","Resource":"*"},
                    {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::models/*"})");
    const std::string deny_other =
        Document(R"({"Sid":"No","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::x"})");
    const AccessRequest request = SampleRequest();
    CHECK(Outcome({}, request) == "none");
    CHECK(Outcome({allow_put}, request) == "none");
    CHECK(Outcome({allow_put, allow_all}, request) == "allow p1.All");
    CHECK(Outcome({allow_all, deny_second}, request) == "deny p1.#1");
    CHECK(Outcome({deny_second, allow_all}, request) == "deny p0.#1");
    CHECK(Outcome({allow_all, deny_other}, request) == "allow p0.All");
}

TEST_CASE("trust policies") {
    AccessRequest request = SampleRequest();
    request.action = "sts:AssumeRole";
    const struct {
        const char* principal;
        const char* outcome;
    } cases[] = {
        {R"("Principal":"*")", "exact"},
        {R"("Principal":{"AWS":"*"})", "exact"},
        {R"("Principal":{"AWS":"arn:aws:iam::000000000000:user/ada"})", "exact"},
        {R"("Principal":{"AWS":["x","arn:aws:iam::000000000000:user/ada"]})", "exact"},
        {R"("Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"})", "none"},
        {R"("Principal":{"AWS":"arn:aws:iam::000000000000:root"})", "account"},
        {R"("Principal":{"AWS":"000000000000"})", "account"},
        {R"("Principal":{"AWS":"111111111111"})", "none"},
        {R"("Principal":{"Service":"sagemaker.amazonaws.com"})", "none"},
        {R"("NotPrincipal":{"AWS":"arn:aws:iam::000000000000:user/ada"})", "none"},
        {R"("NotPrincipal":{"AWS":"arn:aws:iam::000000000000:user/bob"})", "exact"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.principal);
        const auto policy =
            Policy::Parse("trust",
                          Document(std::string(R"({"Effect":"Allow","Action":"sts:AssumeRole",)") +
                                   c.principal + "}"),
                          PolicyKind::kTrust);
        REQUIRE_MESSAGE(policy, policy.error().message);
        const Policy* const policies[] = {&*policy};
        const Decision decision = Evaluate(policies, request);
        CHECK(std::string(!decision.Allowed()        ? "none"
                          : decision.through_account ? "account"
                                                     : "exact") == c.outcome);
    }
    request.service_principal = "sagemaker.amazonaws.com";
    const auto service = *Policy::Parse(
        "trust", Document(R"({"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},
                              "Action":"sts:AssumeRole"})"),
        PolicyKind::kTrust);
    const Policy* const policies[] = {&service};
    CHECK(Evaluate(policies, request).Allowed());
}

TEST_CASE("malformed documents say what is wrong") {
    const std::pair<std::string, const char*> cases[] = {
        {"", "malformed"},
        {"[]", "object"},
        {"{}", "no Statement"},
        {R"({"Statement":[]})", "holds nothing"},
        {R"({"Version":"2020-01-01","Statement":[]})", "Version"},
        {R"({"Statements":[]})", "'Statements'"},
        {Document("5"), "should be an object"},
        {Document(R"({"Action":"*","Resource":"*"})"), "Effect"},
        {Document(R"({"Effect":"allow","Action":"*","Resource":"*"})"), "Effect"},
        {Document(R"({"Effect":"Allow","Resource":"*"})"), "Action and NotAction"},
        {Document(R"({"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"})"),
         "exactly one"},
        {Document(R"({"Effect":"Allow","Action":"GetObject","Resource":"*"})"), "SERVICE:ACTION"},
        {Document(R"({"Effect":"Allow","Action":[],"Resource":"*"})"), "Action"},
        {Document(R"({"Effect":"Allow","Action":[1],"Resource":"*"})"), "texts only"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"models/*"})"), "ARN"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:*"})"), "ARN"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"})"),
         "'Principal'"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"})"),
         "'Resources'"},
        {Document(
             R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Like":{"a":"b"}}})"),
         "operator 'Like'"},
        {Document(
             R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":"1"}}})"),
         "true or false"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"*",
                      "Condition":{"IpAddress":{"a":"10.0.0.0/33"}}})"),
         "IP address"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"*",
                      "Condition":{"NumericEquals":{"a":"ten"}}})"),
         "a number"},
        {Document(R"({"Effect":"Allow","Action":"*","Resource":"*",
                      "Condition":{"DateEquals":{"a":"today"}}})"),
         "date"},
    };
    for (const auto& [document, expected] : cases) {
        CAPTURE(document);
        const auto policy = Policy::Parse("p", document, PolicyKind::kIdentity);
        REQUIRE_FALSE(policy);
        CHECK(policy.error().wire_name == "MalformedPolicyDocument");
        CHECK_MESSAGE(policy.error().message.find(expected) != std::string::npos,
                      policy.error().message);
    }
}

TEST_CASE("variables stay texts in documents of the first version") {
    CHECK(Outcome({R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
                       "Condition":{"StringEquals":{"aws:username":"${aws:username}"}}}})"},
                  SampleRequest()) == "none");
}

TEST_CASE("many wildcards cost no exponential time") {
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "a*";
    const std::clock_t begin = std::clock();  // of the processor, whatever else it does
    CHECK_FALSE(Pattern(pattern + "b").Matches(std::string(20'000, 'a'), {}));
    CHECK(std::clock() - begin < 5 * CLOCKS_PER_SEC);
}
