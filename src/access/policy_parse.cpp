#include <algorithm>
#include <utility>

#include "access/detail/statement_places.h"
#include "access/detail/text.h"
#include "access/policy.h"
#include "core/ascii.h"
#include "core/json.h"

namespace gyre::access {
namespace {

class Parser {
  public:
    Parser(PolicyKind kind, bool variables) : kind_(kind), variables_(variables) {}

    core::Result<Statement> ParseStatement(const core::Json& json) const {
        if (!json.is_object()) return Bad("a Statement should be an object");
        Statement statement;
        for (const auto& [name, value] : json.as_object()) {
            GYRE_TRY(ParseElement(name, value, statement));
        }
        const auto effect = core::JsonString(json, "Effect");
        if (effect != "Allow" && effect != "Deny") return Bad("Effect should be Allow or Deny");
        statement.allow = effect == "Allow";
        GYRE_TRY(ExactlyOne(json, "Action", "NotAction"));
        if (kind_ != PolicyKind::kTrust) GYRE_TRY(ExactlyOne(json, "Resource", "NotResource"));
        if (kind_ != PolicyKind::kIdentity) GYRE_TRY(ExactlyOne(json, "Principal", "NotPrincipal"));
        return statement;
    }

    static tl::unexpected<core::Error> Bad(std::string message) {
        core::Error error(core::Code::kInvalidArgument, "MalformedPolicyDocument",
                          "The policy document is malformed: " + std::move(message) + ".");
        error.http_status = 400;
        return core::Fail(std::move(error));
    }

  private:
    core::Status ParseElement(std::string_view name, const core::Json& value,
                              Statement& statement) const {
        if (name == "Effect") return {};
        if (name == "Sid") {
            if (!value.is_string()) return Bad("Sid should be a text");
            statement.sid = value.as_string();
            return {};
        }
        if (name == "Action" || name == "NotAction") {
            statement.not_actions = name == "NotAction";
            return EachText(name, value, [&](std::string_view text) -> core::Status {
                if (text != "*" && text.find(':') == text.npos) {
                    return Bad("the action '" + std::string(text) +
                               "' should be SERVICE:ACTION or *");
                }
                statement.actions.emplace_back(text);
                return {};
            });
        }
        if (kind_ != PolicyKind::kTrust && (name == "Resource" || name == "NotResource")) {
            statement.not_resources = name == "NotResource";
            return EachText(name, value, [&](std::string_view text) -> core::Status {
                auto pattern = ArnPattern::Parse(text, variables_);
                if (!pattern) {
                    return Bad("the resource '" + std::string(text) + "' should be an ARN or *");
                }
                statement.resources.push_back(std::move(*pattern));
                return {};
            });
        }
        if (kind_ != PolicyKind::kIdentity && (name == "Principal" || name == "NotPrincipal")) {
            statement.not_principals = name == "NotPrincipal";
            return ParsePrincipals(value, statement);
        }
        if (name == "Condition") return ParseConditions(value, statement);
        return Bad("'" + std::string(name) + "' does not belong into a statement of this policy");
    }

    core::Status ParsePrincipals(const core::Json& value, Statement& statement) const {
        Principals principals;
        if (value.is_string() && value.as_string() == "*") {
            principals.everyone = true;
        } else if (value.is_object() && !value.as_object().empty()) {
            for (const auto& [type, names] : value.as_object()) {
                const std::string kind(type);
                GYRE_TRY(EachText(kind, names, [&](std::string_view text) -> core::Status {
                    if (kind == "AWS" && text == "*") {
                        principals.everyone = true;
                    } else if (kind == "AWS" || kind == "CanonicalUser") {
                        principals.aws.emplace_back(text);
                    } else if (kind == "Service") {
                        principals.services.emplace_back(text);
                    } else if (kind != "Federated") {
                        return Bad("'" + kind + "' is no kind of principal");
                    }
                    return {};
                }));
            }
        } else {
            return Bad("Principal should be \"*\" or an object");
        }
        statement.principals = std::move(principals);
        return {};
    }

    core::Status ParseConditions(const core::Json& value, Statement& statement) const {
        if (!value.is_object()) return Bad("Condition should be an object");
        for (const auto& [name, keys] : value.as_object()) {
            if (!keys.is_object()) return Bad("a condition operator should hold an object");
            for (const auto& [key, operands] : keys.as_object()) {
                auto condition = Condition::Parse(name, key, operands, variables_);
                if (!condition) return Bad(std::move(condition.error().message));
                statement.conditions.push_back(std::move(*condition));
            }
        }
        return {};
    }

    template <typename Visit>
    static core::Status EachText(std::string_view name, const core::Json& value, Visit visit) {
        if (value.is_string()) return visit(value.as_string());
        if (!value.is_array() || value.as_array().empty()) {
            return Bad(std::string(name) + " should be a text or a list of texts");
        }
        for (const core::Json& item : value.as_array()) {
            if (!item.is_string()) return Bad(std::string(name) + " should hold texts only");
            GYRE_TRY(visit(item.as_string()));
        }
        return {};
    }

    static core::Status ExactlyOne(const core::Json& json, const char* one, const char* other) {
        if ((core::JsonFind(json, one) != nullptr) != (core::JsonFind(json, other) != nullptr)) {
            return {};
        }
        return Bad("a statement should have exactly one of " + std::string(one) + " and " + other);
    }

    PolicyKind kind_;
    bool variables_;
};

core::Status CheckSids(const Policy& policy) {
    std::vector<std::string_view> sids;
    for (const Statement& statement : policy.statements) {
        if (!statement.sid.empty()) sids.push_back(statement.sid);
    }
    std::sort(sids.begin(), sids.end());
    const auto twice = std::adjacent_find(sids.begin(), sids.end());
    if (twice == sids.end()) return {};
    return Parser::Bad("two statements have the Sid '" + std::string(*twice) + "'");
}

void NoteKeys(Policy& policy) {
    auto& keys = policy.context_keys;
    for (const Statement& statement : policy.statements) {
        for (const ArnPattern& resource : statement.resources) resource.AddVariables(keys);
        for (const Condition& condition : statement.conditions) condition.AddKeys(keys);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    policy.asks_resource_tags = std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
        return core::AsciiLower(key).find("tag/") != std::string::npos &&
               !detail::StartsWithIgnoreCase(key, "aws:requesttag/") &&
               !detail::StartsWithIgnoreCase(key, "aws:principaltag/");
    });
}

}  // namespace

core::Result<Policy> Policy::Parse(std::string name, std::string_view json, PolicyKind kind) {
    auto document = core::ParseJson(json);
    if (!document) return Parser::Bad(std::move(document.error().message));
    if (!document->is_object()) return Parser::Bad("it should be an object");
    for (const auto& [member, value] : document->as_object()) {
        if (member != "Version" && member != "Id" && member != "Statement") {
            return Parser::Bad("'" + std::string(member) + "' is no element of a policy");
        }
    }
    const core::Json* version = core::JsonFind(*document, "Version");
    const auto version_text = core::JsonString(*document, "Version");
    if (version && version_text != "2012-10-17" && version_text != "2008-10-17") {
        return Parser::Bad("Version should be 2012-10-17 or 2008-10-17");
    }
    const core::Json* statements = core::JsonFind(*document, "Statement");
    if (!statements) return Parser::Bad("it has no Statement");
    // Variables came with the language's second version.
    const Parser parser(kind, version_text == "2012-10-17");
    Policy policy;
    policy.name = std::move(name);
    const auto add = [&](const core::Json& item) -> core::Status {
        GYRE_ASSIGN(auto statement, parser.ParseStatement(item));
        policy.statements.push_back(std::move(statement));
        return {};
    };
    if (statements->is_array()) {
        for (const core::Json& item : statements->as_array()) GYRE_TRY(add(item));
        if (policy.statements.empty()) return Parser::Bad("Statement holds nothing");
    } else {
        GYRE_TRY(add(*statements));
    }
    const auto places = detail::StatementPlaces(json);
    for (size_t i = 0; i < std::min(places.size(), policy.statements.size()); ++i) {
        policy.statements[i].begin = places[i].first;
        policy.statements[i].end = places[i].second;
    }
    GYRE_TRY(CheckSids(policy));
    NoteKeys(policy);
    return policy;
}

}  // namespace gyre::access
