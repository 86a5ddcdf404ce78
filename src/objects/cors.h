#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "net/http_message.h"

namespace gyre::objects {

struct CorsRule {
    std::vector<std::string> origins;  ///< with at most one '*' each
    std::vector<std::string> methods;
    std::vector<std::string> headers;  ///< likewise; without case
    std::vector<std::string> exposed;
    std::optional<int64_t> max_age;  ///< seconds
};

/// A bucket's rules for scripts of other origins (the "CORS configuration" of S3, the CORS protocol
/// of the Fetch standard). The first rule that fits a request decides.
class CorsRules {
  public:
    /// From a CORSRules member that Check passed.
    [[nodiscard]] static CorsRules Of(const core::Json& rules);
    /// Errors, in S3's words: InvalidRequest for a method that is none, an origin with two stars,
    /// more than 100 rules.
    [[nodiscard]] static core::Status Check(const core::Json& rules);

    /// The headers that the answer to a request gets; nullopt where no rule fits. `asked_headers`
    /// is the Access-Control-Request-Headers of a preflight, "" otherwise.
    [[nodiscard]] std::optional<net::Headers> Answer(std::string_view origin,
                                                     std::string_view method,
                                                     std::string_view asked_headers,
                                                     bool preflight) const;

  private:
    std::vector<CorsRule> rules_;
};

}  // namespace gyre::objects
