#include "graph/bolt/failure.h"

#include <string_view>
#include <utility>

namespace gyre::graph::bolt {
namespace {

using core::Code;

/// "TypeError" of "… (TypeError: InvalidArgumentType)", openCypher's own name; "" where none is.
std::string_view KindOf(std::string_view message) {
    const size_t open = message.rfind(" (");
    const size_t colon = message.find(": ", open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || colon == std::string_view::npos ||
        !message.ends_with(')')) {
        return "";
    }
    return message.substr(open + 2, colon - open - 2);
}

}  // namespace

std::string FailureCode(const core::Error& error) {
    if (error.wire_name.starts_with("Neo.")) return error.wire_name;
    const std::string_view kind = KindOf(error.message);
    if (kind == "ConstraintVerificationFailed") {
        return "Neo.ClientError.Schema.ConstraintValidationFailed";
    }
    if (kind == "ProcedureError") return "Neo.ClientError.Procedure.ProcedureNotFound";
    for (const std::string_view known :
         {"SyntaxError", "SemanticError", "TypeError", "ArgumentError", "ArithmeticError",
          "EntityNotFound", "ParameterMissing"}) {
        if (kind == known) return "Neo.ClientError.Statement." + std::string(known);
    }
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"MalformedQueryException", "Neo.ClientError.Statement.SyntaxError"},
        {"TimeLimitExceededException", "Neo.ClientError.Transaction.TransactionTimedOut"},
        {"CancelledByUserException", "Neo.ClientError.Transaction.Terminated"},
        {"ConcurrentModificationException", "Neo.TransientError.Transaction.DeadlockDetected"},
        {"MemoryLimitExceededException", "Neo.TransientError.General.MemoryPoolOutOfMemoryError"},
        {"ConstraintViolationException", "Neo.ClientError.Schema.ConstraintValidationFailed"},
        {"DuplicateDataException", "Neo.ClientError.Schema.ConstraintValidationFailed"},
        {"AccessDeniedException", "Neo.ClientError.Security.Forbidden"},
        {"BadRequestException", "Neo.ClientError.Request.Invalid"},
        {"UnsupportedOperationException", "Neo.ClientError.Statement.FeatureNotSupported"},
    };
    for (const auto& [ours, theirs] : kNames) {
        if (error.wire_name == ours) return std::string(theirs);
    }
    switch (error.code) {
        case Code::kUnauthenticated:
        case Code::kPermissionDenied:
            return "Neo.ClientError.Security.Unauthorized";
        case Code::kInvalidArgument:
            return "Neo.ClientError.Statement.ArgumentError";
        case Code::kAlreadyExists:
            return "Neo.ClientError.Schema.ConstraintValidationFailed";
        default:
            return "Neo.DatabaseError.General.UnknownError";
    }
}

}  // namespace gyre::graph::bolt
