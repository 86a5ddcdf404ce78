#pragma once

namespace gyre::graph::sparql::detail {

/// One function for each alternative of a variant.
template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

}  // namespace gyre::graph::sparql::detail
