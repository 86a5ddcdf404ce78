#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/rdf/term.h"

namespace gyre::graph::sparql {

enum class SolutionFormat : uint8_t { kJson, kXml, kCsv, kTsv };

/// Writes the solutions of SELECT, or the answer of ASK.
class SolutionWriter {
  public:
    using Row = std::vector<std::shared_ptr<const rdf::Term>>;  ///< null: unbound
    virtual ~SolutionWriter() = default;
    virtual void Begin(const std::vector<std::string>& variables) = 0;
    virtual void Solution(const Row& row) = 0;
    virtual void End() = 0;
    /// In place of the three.
    virtual void Boolean(bool answer) = 0;
    [[nodiscard]] std::string Take() { return std::move(text_); }

  protected:
    std::string text_;
};
[[nodiscard]] std::unique_ptr<SolutionWriter> MakeSolutionWriter(SolutionFormat format);

}  // namespace gyre::graph::sparql
