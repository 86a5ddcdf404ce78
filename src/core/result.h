#pragma once

#include <map>
#include <source_location>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace gyre::core {

/// What kind of thing went wrong, independent of any wire protocol. `wire` maps each to a status
/// and a name per protocol; a caller decides on retrying by it.
enum class Code {
    kInvalidArgument,     ///< the input itself is wrong; do not retry
    kNotFound,            ///< the named thing does not exist
    kAlreadyExists,       ///< the name is taken
    kFailedPrecondition,  ///< the thing is in a state that forbids this
    kConflict,            ///< lost a race (optimistic concurrency); retry from a fresh read
    kPermissionDenied,    ///< known caller, not allowed
    kUnauthenticated,     ///< caller not known, or its signature is wrong
    kResourceExhausted,   ///< a limit or quota was reached; retry later
    kUnavailable,         ///< not able to serve now; retry later
    kDeadlineExceeded,    ///< ran out of time
    kCancelled,           ///< the caller gave up
    kUnimplemented,       ///< known, and not built
    kDataLoss,            ///< stored bytes are damaged
    kInternal,            ///< a bug, or the machine failed us
};

/// The upper-case name used in logs, such as "NOT_FOUND".
std::string_view CodeName(Code code);

/// A failure as a value. `message` is for the user and says what to do about it.
struct Error {
    Code code = Code::kInternal;
    std::string message;
    /// The protocol's own error name ("NoSuchKey", "ValidationException") where the code alone
    /// would not choose it; empty means that the protocol's table chooses by `code`.
    std::string wire_name;
    /// Members that the protocol adds to the answer ("StringToSign", "OriginalStatusCode"…).
    std::map<std::string, std::string> details;
    /// HTTP status where the wire name's usual one does not hold; 0 means the table's.
    int http_status = 0;

    Error() = default;
    Error(Code error_code, std::string text);
    Error(Code error_code, std::string name, std::string text);
    // Not inline: every GYRE_TRY has them, and only failures run them.
    Error(const Error&);
    Error(Error&&) noexcept;
    Error& operator=(const Error&);
    Error& operator=(Error&&) noexcept;
    ~Error();

    Error&& With(std::string key, std::string value) && {
        details.insert_or_assign(std::move(key), std::move(value));
        return std::move(*this);
    }
    /// The error with "context: " before its message, for the layers that know more.
    Error&& In(std::string_view context) && {
        message = std::string(context) + ": " + message;
        return std::move(*this);
    }
    /// "NOT_FOUND: message", for logs.
    [[nodiscard]] std::string ToString() const;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return Fail(Code::kNotFound, "no such model: " + name);`
[[nodiscard]] tl::unexpected<Error> Fail(Code code, std::string message);
[[nodiscard]] tl::unexpected<Error> Fail(Code code, std::string wire_name, std::string message);
[[nodiscard]] tl::unexpected<Error> Fail(Error error);
/// An Error from errno: kNotFound for ENOENT, kResourceExhausted for ENOSPC and EMFILE, kInternal
/// otherwise; "what: strerror".
[[nodiscard]] Error ErrnoError(std::string_view what, int errno_value);

/// Aborts the program with a message, in every build. For bugs, never for input.
[[noreturn]] void CheckFailed(const char* expression, std::source_location where);

}  // namespace gyre::core

#define GYRE_CONCAT_INNER(a, b) a##b
#define GYRE_CONCAT(a, b) GYRE_CONCAT_INNER(a, b)

/// Returns the error of a Result or Status from the enclosing function, else goes on.
#define GYRE_TRY(expression)                                                                 \
    do {                                                                                     \
        auto gyre_try_result = (expression);                                                 \
        if (!gyre_try_result) return ::gyre::core::Fail(std::move(gyre_try_result.error())); \
    } while (false)

/// `GYRE_ASSIGN(auto model, Load(path));` — assigns the value or returns the error.
#define GYRE_ASSIGN(declaration, expression) \
    GYRE_ASSIGN_IMPL(GYRE_CONCAT(gyre_result_, __LINE__), declaration, expression)
#define GYRE_ASSIGN_IMPL(result, declaration, expression)                  \
    auto result = (expression);                                            \
    if (!(result)) return ::gyre::core::Fail(std::move((result).error())); \
    declaration = std::move(*(result))

/// Aborts when `condition` is false: an assertion that stays on in release builds.
#define GYRE_CHECK(condition)                                                                     \
    do {                                                                                          \
        if (!(condition)) ::gyre::core::CheckFailed(#condition, std::source_location::current()); \
    } while (false)
