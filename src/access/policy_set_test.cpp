#include <doctest/doctest.h>

#include "access/policy.h"

using namespace gyre::access;

namespace {

constexpr const char* kAllowRead =
    R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}})";
constexpr const char* kAllowAll = R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";
constexpr const char* kAllowOther =
    R"({"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}})";
constexpr const char* kDenyRead =
    R"({"Statement":{"Effect":"Deny","Action":"s3:Get*","Resource":"*"}})";

const std::string kUser = "arn:aws:iam::123456789012:user/ann";
const std::string kRole = "arn:aws:iam::123456789012:role/exec";
const std::string kSession = "arn:aws:sts::123456789012:assumed-role/exec/job";

/// A bucket's policy with one statement.
std::string Bucket(const std::string& effect, const std::string& principal) {
    return R"({"Statement":{"Effect":")" + effect + R"(","Principal":)" + principal +
           R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}})";
}

enum class Who { kUserAnn, kSessionOfExec, kNobody };

AccessRequest RequestOf(Who who) {
    AccessRequest request;
    request.action = "s3:GetObject";
    request.resource = "arn:aws:s3:::bucket/key";
    if (who == Who::kNobody) return request;
    request.account = "123456789012";
    request.principal_arns = {kUser};
    if (who == Who::kSessionOfExec) request.principal_arns = {kSession, kRole};
    return request;
}

/// What the given documents ("" for none) say: "allow identity", "deny session", "none boundary".
std::string Outcome(Who who, const std::string& identity, const std::string& boundary,
                    const std::string& session, const std::string& resource) {
    const auto parse = [](const std::string& text, PolicyKind kind) {
        auto policy = Policy::Parse("p", text.empty() ? kAllowAll : text, kind);
        REQUIRE_MESSAGE(policy, policy.error().message);
        return *policy;
    };
    const Policy own = parse(identity, PolicyKind::kIdentity);
    const Policy limit = parse(boundary, PolicyKind::kIdentity);
    const Policy narrow = parse(session, PolicyKind::kIdentity);
    const Policy bucket =
        parse(resource.empty() ? Bucket("Allow", "\"*\"") : resource, PolicyKind::kResource);
    const Policy* own_list[] = {&own};
    const Policy* narrow_list[] = {&narrow};
    PolicySet set;
    if (!identity.empty()) set.identity = own_list;
    if (!boundary.empty()) set.boundary = &limit;
    set.has_boundary = !boundary.empty();
    if (!session.empty()) set.session = narrow_list;
    set.has_session = !session.empty();
    if (!resource.empty()) set.resource = &bucket;
    const Decision decision = EvaluateAll(set, RequestOf(who));
    const char* effect = decision.Allowed()                                   ? "allow "
                         : decision.effect == Decision::Effect::kExplicitDeny ? "deny "
                                                                              : "none ";
    constexpr const char* kParts[] = {"identity", "resource", "boundary", "session"};
    return std::string(effect) + kParts[static_cast<int>(decision.part)];
}

std::string Aws(const std::string& arn) {
    return R"({"AWS":")" + arn + R"("})";
}

}  // namespace

TEST_CASE("who has to allow, and who may deny") {
    const std::string account = "arn:aws:iam::123456789012:root";
    struct Row {
        Who who;
        std::string identity, boundary, session, resource;
        std::string expected;
    };
    const Row kRows[] = {
        // The identity alone.
        {Who::kUserAnn, "", "", "", "", "none identity"},
        {Who::kUserAnn, kAllowRead, "", "", "", "allow identity"},
        {Who::kUserAnn, kDenyRead, "", "", "", "deny identity"},
        // A boundary and a session policy narrow, and give nothing.
        {Who::kUserAnn, kAllowRead, kAllowOther, "", "", "none boundary"},
        {Who::kUserAnn, kAllowRead, kAllowAll, "", "", "allow identity"},
        {Who::kUserAnn, "", kAllowAll, "", "", "none identity"},
        {Who::kUserAnn, kAllowRead, kDenyRead, "", "", "deny boundary"},
        {Who::kSessionOfExec, kAllowRead, "", kAllowOther, "", "none session"},
        {Who::kSessionOfExec, kAllowRead, "", kAllowAll, "", "allow identity"},
        {Who::kSessionOfExec, "", "", kAllowAll, "", "none identity"},
        {Who::kSessionOfExec, kAllowAll, kAllowAll, kDenyRead, "", "deny session"},
        // A bucket's policy that names the user needs nobody else, but no Deny either.
        {Who::kUserAnn, "", "", "", Bucket("Allow", Aws(kUser)), "allow resource"},
        {Who::kUserAnn, "", kAllowOther, "", Bucket("Allow", Aws(kUser)), "allow resource"},
        {Who::kUserAnn, kDenyRead, "", "", Bucket("Allow", Aws(kUser)), "deny identity"},
        {Who::kUserAnn, kAllowAll, "", "", Bucket("Deny", Aws(kUser)), "deny resource"},
        {Who::kUserAnn, kAllowAll, "", "", Bucket("Deny", "\"*\""), "deny resource"},
        {Who::kUserAnn, "", "", "", Bucket("Allow", "\"*\""), "allow resource"},
        {Who::kUserAnn, "", "", "", Bucket("Allow", Aws("*")), "allow resource"},
        {Who::kUserAnn, "", "", "", Bucket("Allow", Aws(kRole)), "none identity"},
        // The account's name hands the question on to the identity's policies.
        {Who::kUserAnn, "", "", "", Bucket("Allow", Aws(account)), "none identity"},
        {Who::kUserAnn, kAllowRead, "", "", Bucket("Allow", Aws(account)), "allow identity"},
        {Who::kUserAnn, kAllowRead, "", "", Bucket("Deny", Aws("123456789012")), "deny resource"},
        // A role's name counts within its limits; its session's name counts by itself.
        {Who::kSessionOfExec, "", "", "", Bucket("Allow", Aws(kRole)), "allow resource"},
        {Who::kSessionOfExec, "", kAllowOther, "", Bucket("Allow", Aws(kRole)), "none boundary"},
        {Who::kSessionOfExec, "", "", kAllowOther, Bucket("Allow", Aws(kRole)), "none session"},
        {Who::kSessionOfExec, "", "", kAllowOther, Bucket("Allow", Aws(kSession)),
         "allow resource"},
        {Who::kSessionOfExec, "", kAllowOther, "", Bucket("Allow", "\"*\""), "none boundary"},
        {Who::kSessionOfExec, kAllowAll, "", "", Bucket("Deny", Aws(kRole)), "deny resource"},
        // Nobody in particular.
        {Who::kNobody, "", "", "", "", "none identity"},
        {Who::kNobody, "", "", "", Bucket("Allow", "\"*\""), "allow resource"},
        {Who::kNobody, "", "", "", Bucket("Allow", Aws("*")), "allow resource"},
        {Who::kNobody, "", "", "", Bucket("Allow", Aws(kUser)), "none identity"},
        {Who::kNobody, "", "", "", Bucket("Allow", Aws(account)), "none identity"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.identity);
        CAPTURE(row.boundary);
        CAPTURE(row.session);
        CAPTURE(row.resource);
        CHECK(Outcome(row.who, row.identity, row.boundary, row.session, row.resource) ==
              row.expected);
    }
}

TEST_CASE("a lost boundary allows nothing") {
    const Policy all = *Policy::Parse("p", kAllowAll, PolicyKind::kIdentity);
    const Policy* list[] = {&all};
    PolicySet set;
    set.identity = list;
    set.has_boundary = true;
    CHECK_FALSE(EvaluateAll(set, RequestOf(Who::kUserAnn)).Allowed());
}

TEST_CASE("no combination allows what the same policies without an Allow do not name") {
    // Every combination of five documents in four places, against the rules said another way.
    const std::string documents[] = {"", kAllowRead, kAllowAll, kAllowOther, kDenyRead};
    const std::string buckets[] = {"", Bucket("Allow", Aws(kUser)), Bucket("Deny", Aws(kUser)),
                                   Bucket("Allow", Aws(kRole))};
    const auto allows = [](const std::string& d) { return d == kAllowRead || d == kAllowAll; };
    for (const auto& identity : documents) {
        for (const auto& boundary : documents) {
            for (const auto& session : documents) {
                for (const auto& bucket : buckets) {
                    const bool denied = identity == kDenyRead || boundary == kDenyRead ||
                                        session == kDenyRead || bucket == buckets[2];
                    const bool named = bucket == buckets[1];
                    const bool within = (boundary.empty() || allows(boundary)) &&
                                        (session.empty() || allows(session));
                    const bool expected = !denied && (named || (allows(identity) && within));
                    const bool allowed = Outcome(Who::kUserAnn, identity, boundary, session, bucket)
                                             .starts_with("allow");
                    CHECK(allowed == expected);
                }
            }
        }
    }
}

TEST_CASE("a policy knows its statements' places and what it asks for") {
    const std::string document = R"( { "Version" : "2012-10-17", "Id": "a}{", "Statement" : [
      {"Sid":"One","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"} ,
  {"Effect":"Deny","Action":["s3:*"],"Resource":"*","Condition":{"StringEquals":{
   "aws:ResourceTag/team":"${aws:PrincipalTag/team, 'none'}"}}}] } )";
    const auto policy = Policy::Parse("p", document, PolicyKind::kIdentity);
    REQUIRE(policy);
    REQUIRE(policy->statements.size() == 2);
    const Statement& first = policy->statements[0];
    CHECK(document.substr(first.begin, 13) == R"({"Sid":"One",)");
    CHECK(document[first.end - 1] == '}');
    CHECK(document.substr(policy->statements[1].begin, 9) == R"({"Effect")");
    CHECK(document[policy->statements[1].end] == ']');
    CHECK(policy->context_keys == std::vector<std::string>{"aws:PrincipalTag/team",
                                                           "aws:ResourceTag/team", "aws:username"});
    CHECK(policy->asks_resource_tags);
    CHECK_FALSE(Policy::Parse("p", kAllowAll, PolicyKind::kIdentity)->asks_resource_tags);
    const std::string twice = R"({"Statement":[
        {"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},
        {"Sid":"A","Effect":"Deny","Action":"s3:*","Resource":"*"}]})";
    CHECK(Policy::Parse("p", twice, PolicyKind::kIdentity).error().wire_name ==
          "MalformedPolicyDocument");
}

TEST_CASE("a resource's policy names principals and resources") {
    const auto refused = [](const char* text) {
        const auto policy = Policy::Parse("b", text, PolicyKind::kResource);
        return !policy && policy.error().wire_name == "MalformedPolicyDocument";
    };
    CHECK(Policy::Parse("b", Bucket("Allow", "\"*\""), PolicyKind::kResource));
    CHECK(refused(kAllowAll));
    CHECK(refused(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*"}})"));
    CHECK(refused(R"({"Statement":{"Effect":"Allow","Principal":"ann","Action":"s3:*",
                      "Resource":"*"}})"));
    CHECK(refused(R"({"Statement":{"Effect":"Allow","Principal":"*","NotPrincipal":"*",
                      "Action":"s3:*","Resource":"*"}})"));
}
