#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gyre::serving::shadow {

/// What a model said, as far as two models are compared by it.
struct ModelAnswer {
    int status = 200;  ///< 0: nothing, the host went away or refused
    std::string content_type;
    std::string body;
};

/// How the second answer differs from the first; nullopt where it does not. Numbers a and b are the
/// same where |a - b| <= tolerance * max(1, |a|, |b|): in JSON at every depth, in CSV field by
/// field, in .npy arrays of floats element by element. All else must be the same bytes. The text
/// names the first difference ("$[0].score: 0.5 and 0.7").
[[nodiscard]] std::optional<std::string> DifferenceOf(const ModelAnswer& first,
                                                      const ModelAnswer& second, double tolerance);

}  // namespace gyre::serving::shadow
