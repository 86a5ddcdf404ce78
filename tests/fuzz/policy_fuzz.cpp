#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "access/policy.h"

using namespace gyre;
using namespace gyre::access;

/// "resource\npolicy": whatever the policy says, one that denies everything wins over it, and what
/// decides has a name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view document = text.substr(std::min(newline + 1, text.size()));
    static const Policy kDenyAll =
        *Policy::Parse("deny", R"({"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})",
                       PolicyKind::kIdentity);
    AccessRequest request;
    request.principal_arns = {"arn:aws:iam::123456789012:user/ann"};
    request.account = "123456789012";
    request.action = "s3:GetObject";
    request.resource = text.substr(0, newline);
    request.context = {{"aws:username", "ann"},
                       {"aws:SourceIp", "127.0.0.1"},
                       {"aws:SecureTransport", "true"},
                       {"aws:CurrentTime", "2026-11-24T12:00:00Z"},
                       {"s3:prefix", "a"},
                       {"s3:prefix", "b"}};
    for (const PolicyKind kind :
         {PolicyKind::kIdentity, PolicyKind::kTrust, PolicyKind::kResource}) {
        const auto policy = Policy::Parse("fuzz", document, kind);
        if (!policy) continue;
        const Policy* both[] = {&*policy, &kDenyAll};
        const Decision alone = Evaluate({both, 1}, request);
        if (Evaluate({}, request).Allowed()) __builtin_trap();
        if (Evaluate(both, request).effect != Decision::Effect::kExplicitDeny) __builtin_trap();
        PolicySet set;
        set.identity = {both, 1};
        set.session = {both + 1, 1};
        set.has_session = true;
        if (EvaluateAll(set, request).effect != Decision::Effect::kExplicitDeny) __builtin_trap();
        if (kind == PolicyKind::kResource) {
            set = {};
            set.resource = &*policy;
            set.identity = {both + 1, 1};
            set.has_boundary = true;  // and it was lost
            if (EvaluateAll(set, request).effect != Decision::Effect::kExplicitDeny) {
                __builtin_trap();
            }
        }
        for (const Statement& statement : policy->statements) {
            if (statement.begin >= statement.end || statement.end > document.size()) {
                __builtin_trap();
            }
            if (document[statement.begin] != '{' || document[statement.end - 1] != '}') {
                __builtin_trap();
            }
        }
        if (alone.effect != Decision::Effect::kImplicitDeny && alone.statement.empty()) {
            __builtin_trap();
        }
    }
    return 0;
}
