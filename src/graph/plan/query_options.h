#pragma once

namespace gyre::graph::plan {

/// Of ProductiveByStrategy, among a query's options: by() that sees nothing sees null. Its value is
/// a list of keys that are excepted, or true.
constexpr const char* kProductiveBy = "~tinkerpop.productiveBy";
/// Of SeedStrategy: what coin(), sample() and shuffles begin with, so that they choose alike each
/// time, and as the reference, which has Java's generator.
constexpr const char* kSeed = "~tinkerpop.seed";

}  // namespace gyre::graph::plan
