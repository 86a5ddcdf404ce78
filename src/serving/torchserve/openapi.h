#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace gyre::serving::torchserve {

/// The faces that an address has.
struct Faces {
    bool inference = false;
    bool management = false;
    bool metrics = false;
};

/// The APIs of these faces in OpenAPI 3.0.1: what `OPTIONS /` answers.
[[nodiscard]] core::Json DescribeApis(Faces faces);
/// The predictions of one model: what `OPTIONS /predictions/MODEL` answers.
[[nodiscard]] core::Json DescribePredictions(std::string_view model);

}  // namespace gyre::serving::torchserve
