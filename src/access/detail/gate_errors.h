#pragma once

#include <string>
#include <string_view>

#include "access/auth_errors.h"
#include "access/policy.h"
#include "wire/protocol.h"

namespace gyre::access::detail {

/// What the gate refuses with, in the words of the service that is asked.
[[nodiscard]] ErrorStyle StyleOf(wire::Protocol protocol);

[[nodiscard]] core::Error AnonymousError(ErrorStyle style);
[[nodiscard]] core::Error WrongServiceError(ErrorStyle style, std::string_view claimed,
                                            std::string_view expected);
[[nodiscard]] core::Error UnknownKeyError(ErrorStyle style, std::string_view access_key_id);
/// S3: no x-amz-content-sha256.
[[nodiscard]] core::Error MissingHashError();
[[nodiscard]] core::Error BodyHashError(ErrorStyle style, std::string_view signed_hash,
                                        std::string_view computed);
[[nodiscard]] core::Error NotServedError(std::string_view service, std::string_view operation);
[[nodiscard]] core::Error TooLargeError(ErrorStyle style, size_t limit);
[[nodiscard]] core::Error BusyError(ErrorStyle style);
[[nodiscard]] core::Error DeniedError(ErrorStyle style, std::string_view caller,
                                      std::string_view permission, std::string_view resource,
                                      const Decision& decision);

}  // namespace gyre::access::detail
