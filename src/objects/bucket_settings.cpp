#include "objects/bucket_settings.h"

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/log.h"
#include "objects/detail/object_row.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects {
namespace {

constexpr std::string_view kBucketArn = "arn:aws:s3:::";

// Conditions on these keys keep strangers out.
constexpr std::array<std::string_view, 12> kNarrowing = {
    "aws:sourceip",       "aws:sourcearn",         "aws:sourcevpc",
    "aws:sourcevpce",     "aws:sourceowner",       "aws:sourceaccount",
    "aws:principalorgid", "aws:principalarn",      "aws:principalaccount",
    "aws:userid",         "s3:dataaccesspointarn", "s3:dataaccesspointaccount"};

bool NamesEveryone(const core::Json& principal) {
    if (principal.is_string()) return principal.get_string() == "*";
    if (principal.is_array()) {
        return std::ranges::any_of(principal.get_array(), NamesEveryone);
    }
    if (!principal.is_object()) return false;
    const core::Json* aws = core::JsonFind(principal, "AWS");
    return aws != nullptr && NamesEveryone(*aws);
}

// A range of all addresses narrows nothing.
bool NarrowsTo(const core::Json& value) {
    const auto is_wide = [](const core::Json& one) {
        return one.is_string() && (one.get_string() == "0.0.0.0/0" || one.get_string() == "::/0" ||
                                   one.get_string() == "*");
    };
    if (value.is_array()) return std::ranges::none_of(value.get_array(), is_wide);
    return !is_wide(value);
}

bool IsNarrowed(const core::Json& statement) {
    const core::Json* conditions = core::JsonFind(statement, "Condition");
    if (conditions == nullptr || !conditions->is_object()) return false;
    for (const auto& [name, keys] : conditions->get_object()) {
        if (!keys.is_object() || std::string_view(name).find("Not") != std::string_view::npos) {
            continue;
        }
        for (const auto& [key, value] : keys.get_object()) {
            if (std::ranges::find(kNarrowing, core::AsciiLower(key)) != kNarrowing.end() &&
                NarrowsTo(value)) {
                return true;
            }
        }
    }
    return false;
}

bool IsPublicStatement(const core::Json& statement) {
    if (core::JsonString(statement, "Effect") != "Allow") return false;
    const core::Json* principal = core::JsonFind(statement, "Principal");
    const bool everyone = principal != nullptr
                              ? NamesEveryone(*principal)
                              : core::JsonFind(statement, "NotPrincipal") != nullptr;
    return everyone && !IsNarrowed(statement);
}

core::JsonArray StatementsOf(std::string_view document) {
    const auto parsed = core::ParseJson(document);
    const core::Json* statements = parsed ? core::JsonFind(*parsed, "Statement") : nullptr;
    if (statements == nullptr) return {};
    return statements->is_array() ? statements->get_array() : core::JsonArray{*statements};
}

/// Whether each text of these elements, which hold one or a list, is as it should be.
bool AllTexts(const core::Json& statement, std::initializer_list<const char*> elements,
              const std::function<bool(std::string_view)>& good) {
    for (const char* element : elements) {
        const core::Json* texts = core::JsonFind(statement, element);
        if (texts == nullptr) continue;
        const auto fits = [&](const core::Json& text) {
            return text.is_string() && good(text.get_string());
        };
        if (texts->is_array() ? !std::ranges::all_of(texts->get_array(), fits) : !fits(*texts)) {
            return false;
        }
    }
    return true;
}

core::Error MalformedPolicy(std::string message) {
    return detail::S3Error(core::Code::kInvalidArgument, 400, "MalformedPolicy",
                           std::move(message));
}

/// What a list of that kind allows whom it names.
std::shared_ptr<const access::Policy> MadeOfAcl(const std::string& permissions,
                                                const std::string& actions) {
    auto policy = access::Policy::Parse("acl",
                                        R"({"Statement": {"Sid": ")" + permissions +
                                            R"(", "Effect": "Allow", "Principal": "*", )"
                                            R"("Resource": "*", "Action": [)" +
                                            actions + "]}}",
                                        access::PolicyKind::kResource);
    GYRE_CHECK(policy);
    return std::make_shared<const access::Policy>(std::move(*policy));
}

std::shared_ptr<const access::Policy> PolicyOfBucketAcl(Acl acl) {
    static const std::string kList =
        R"("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")";
    static const auto kRead = MadeOfAcl("READ", kList);
    static const auto kReadWrite = MadeOfAcl(
        "READWRITE", kList + R"(, "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging")");
    return acl == Acl::kPublicReadWrite ? kReadWrite : kRead;
}

std::shared_ptr<const access::Policy> PolicyOfObjectAcl() {
    static const auto kRead = MadeOfAcl("READ", R"("s3:GetObject", "s3:GetObjectVersion")");
    return kRead;
}

/// A setting that is one word.
std::string WordOf(const BucketSettings::Documents& documents, SettingKind kind) {
    const auto found = documents.find(SettingName(kind));
    const auto json = found == documents.end() ? core::Result<core::Json>(core::Json())
                                               : core::ParseJson(found->second);
    return json && json->is_string() ? std::string(json->get_string()) : "";
}

AclRules AclRulesIn(const BucketSettings::Documents& documents) {
    AclRules rules;
    rules.acl = AclNamed(WordOf(documents, SettingKind::kAcl)).value_or(Acl::kPrivate);
    rules.ownership = OwnershipNamed(WordOf(documents, SettingKind::kOwnership));
    if (const auto found = documents.find(SettingName(SettingKind::kPublicAccess));
        found != documents.end()) {
        if (const auto json = core::ParseJson(found->second)) {
            const auto switches = PublicAccessBlock::Of(*json);
            rules.block_public = switches.block_acls;
            rules.ignore_public = switches.ignore_acls;
        }
    }
    return rules;
}

/// The statements that let everyone in let only the account's own in.
void Restrict(access::Policy& policy) {
    for (access::Statement& statement : policy.statements) {
        if (statement.allow && statement.principals) statement.principals->no_strangers = true;
    }
}

}  // namespace

std::string_view SettingName(SettingKind kind) {
    switch (kind) {
        case SettingKind::kTags:
            return "tags";
        case SettingKind::kPolicy:
            return "policy";
        case SettingKind::kCors:
            return "cors";
        case SettingKind::kNotification:
            return "notification";
        case SettingKind::kAcl:
            return "acl";
        case SettingKind::kOwnership:
            return "ownership";
        case SettingKind::kPublicAccess:
            break;
    }
    return "public-access";
}

PublicAccessBlock PublicAccessBlock::Of(const core::Json& document) {
    return {core::JsonBool(document, "BlockPublicAcls").value_or(false),
            core::JsonBool(document, "IgnorePublicAcls").value_or(false),
            core::JsonBool(document, "BlockPublicPolicy").value_or(false),
            core::JsonBool(document, "RestrictPublicBuckets").value_or(false)};
}

core::Result<access::Policy> ParseBucketPolicy(const std::string& bucket,
                                               std::string_view document) {
    auto policy =
        access::Policy::Parse("bucket " + bucket, document, access::PolicyKind::kResource);
    const auto lets_all_but = [](const access::Statement& statement) {
        return statement.allow && statement.not_principals;
    };
    if (policy && std::ranges::none_of(policy->statements, lets_all_but)) return policy;
    return core::Fail(MalformedPolicy(policy ? "Allow with NotPrincipal is not allowed."
                                             : policy.error().message));
}

core::Status CheckBucketPolicy(const std::string& bucket, std::string_view document) {
    const std::string arn = std::string(kBucketArn) + bucket;
    const auto of_s3 = [](std::string_view action) {
        return action == "*" || core::AsciiLower(action).starts_with("s3:");
    };
    const auto of_bucket = [&](std::string_view resource) {
        const auto pattern =
            access::ArnPattern::Parse(resource.substr(0, resource.find('/')), true);
        return pattern && pattern->Matches(arn, {});
    };
    for (const core::Json& statement : StatementsOf(document)) {
        if (!AllTexts(statement, {"Action", "NotAction"}, of_s3)) {
            return core::Fail(MalformedPolicy("Policy has invalid action"));
        }
        if (!AllTexts(statement, {"Resource", "NotResource"}, of_bucket)) {
            return core::Fail(MalformedPolicy("Policy has invalid resource"));
        }
    }
    return {};
}

bool IsPublicPolicy(std::string_view document) {
    return std::ranges::any_of(StatementsOf(document), IsPublicStatement);
}

void BucketSettings::Set(const std::string& bucket, const Documents& documents) {
    Parsed parsed;
    if (const auto found = documents.find(SettingName(SettingKind::kPolicy));
        found != documents.end()) {
        auto policy = ParseBucketPolicy(bucket, found->second);
        // It was checked when it was put. One that an older program took and this one does not
        // understand must not open the bucket, and can be put again.
        if (!policy) {
            core::LogError("a bucket's policy is not understood and allows nothing",
                           {{"bucket", bucket}, {"error", policy.error().ToString()}});
        } else {
            const auto block = documents.find(SettingName(SettingKind::kPublicAccess));
            const auto switches = block == documents.end() ? core::Result<core::Json>(core::Json())
                                                           : core::ParseJson(block->second);
            if (switches && PublicAccessBlock::Of(*switches).restrict_buckets &&
                IsPublicPolicy(found->second)) {
                Restrict(*policy);
            }
            parsed.policy = std::make_shared<const access::Policy>(std::move(*policy));
        }
    }
    if (const auto found = documents.find(SettingName(SettingKind::kCors));
        found != documents.end()) {
        if (const auto json = core::ParseJson(found->second)) {
            parsed.cors = std::make_shared<const CorsRules>(CorsRules::Of(*json));
        }
    }
    if (const auto found = documents.find(SettingName(SettingKind::kNotification));
        found != documents.end()) {
        if (const auto json = core::ParseJson(found->second)) {
            parsed.notification =
                std::make_shared<const NotificationRules>(NotificationRules::Of(*json));
        }
    }
    if (const auto found = documents.find(SettingName(SettingKind::kTags));
        found != documents.end()) {
        if (const auto json = core::ParseJson(found->second)) {
            parsed.tags = detail::TagsFromJson(*json);
        }
    }
    parsed.acl = AclRulesIn(documents);
    auto buckets = buckets_.Lock();
    if (documents.empty()) {
        buckets->erase(bucket);
    } else {
        (*buckets)[bucket] = std::move(parsed);
    }
}

std::shared_ptr<const access::Policy> BucketSettings::PolicyOf(
    std::string_view resource_arn) const {
    if (!resource_arn.starts_with(kBucketArn)) return nullptr;
    resource_arn.remove_prefix(kBucketArn.size());
    const std::string_view bucket = resource_arn.substr(0, resource_arn.find('/'));
    auto buckets = buckets_.Lock();
    const auto found = buckets->find(bucket);
    return found == buckets->end() ? nullptr : found->second.policy;
}

std::vector<std::pair<std::string, std::string>> BucketSettings::TagsOf(
    std::string_view resource_arn) const {
    if (!resource_arn.starts_with(kBucketArn)) return {};
    resource_arn.remove_prefix(kBucketArn.size());
    const size_t slash = resource_arn.find('/');
    const std::string_view bucket = resource_arn.substr(0, slash);
    if (slash != std::string_view::npos) {
        if (!find_object_) return {};
        const auto object =
            find_object_(std::string(bucket), std::string(resource_arn.substr(slash + 1)), "");
        return object ? object->tags : std::vector<std::pair<std::string, std::string>>();
    }
    auto buckets = buckets_.Lock();
    const auto found = buckets->find(bucket);
    if (found == buckets->end()) return {};
    return found->second.tags;
}

std::shared_ptr<const access::Policy> BucketSettings::AclOf(
    const access::AccessRequest& request) const {
    std::string_view resource = request.resource;
    if (!resource.starts_with(kBucketArn)) return nullptr;
    resource.remove_prefix(kBucketArn.size());
    const size_t slash = resource.find('/');
    const std::string bucket(resource.substr(0, slash));
    const AclRules rules = AclRulesOf(bucket);
    if (!rules.Count()) return nullptr;
    const auto opens = [&](Acl acl) {
        if (acl == Acl::kAuthenticatedRead) return !request.account.empty();
        return acl != Acl::kPrivate;
    };
    if ((request.action == "s3:PutObjectAcl" || request.action == "s3:PutObjectTagging") &&
        !access::FindContext(request.context, kMakesObject)) {
        return nullptr;
    }
    const bool reads_version = request.action == "s3:GetObjectVersion";
    if (request.action != "s3:GetObject" && !reads_version) {
        return opens(rules.acl) ? PolicyOfBucketAcl(rules.acl) : nullptr;
    }
    const auto version = access::FindContext(request.context, "s3:versionid");
    if (slash == std::string_view::npos || !find_object_ || (reads_version && !version)) {
        return nullptr;
    }
    const auto object =
        find_object_(bucket, std::string(resource.substr(slash + 1)), version ? *version : "");
    return object && opens(object->acl) ? PolicyOfObjectAcl() : nullptr;
}

AclRules BucketSettings::AclRulesOf(std::string_view bucket) const {
    auto buckets = buckets_.Lock();
    const auto found = buckets->find(bucket);
    return found == buckets->end() ? AclRules() : found->second.acl;
}

std::shared_ptr<const CorsRules> BucketSettings::CorsOf(std::string_view bucket) const {
    auto buckets = buckets_.Lock();
    const auto found = buckets->find(bucket);
    return found == buckets->end() ? nullptr : found->second.cors;
}

std::shared_ptr<const NotificationRules> BucketSettings::NotificationOf(
    std::string_view bucket) const {
    auto buckets = buckets_.Lock();
    const auto found = buckets->find(bucket);
    return found == buckets->end() ? nullptr : found->second.notification;
}

}  // namespace gyre::objects
