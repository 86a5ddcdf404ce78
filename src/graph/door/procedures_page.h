#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "core/result.h"
#include "graph/cypher/procedures.h"
#include "net/http_message.h"

namespace gyre::graph::door {

/// /openCypher/procedures: the tables that openCypher's CALL knows by a name, declared (POST
/// {"signature", "rows"}), listed (GET) and forgotten (DELETE /NAME), and kept in a file.
/// Thread-safe.
class ProceduresPage {
  public:
    /// Declares what the file holds, if there is one. Errors: of reading it; kDataLoss where it is
    /// no such file.
    [[nodiscard]] static core::Result<std::unique_ptr<ProceduresPage>> Open(
        std::filesystem::path file);
    [[nodiscard]] core::Result<net::Response> Serve(const net::RequestHead& head,
                                                    const std::string& body);
    [[nodiscard]] const cypher::Procedures& Known() const { return procedures_; }

  private:
    explicit ProceduresPage(std::filesystem::path file) : file_(std::move(file)) {}
    [[nodiscard]] core::Status Load(const std::string& text);
    [[nodiscard]] core::Status Save() const;

    const std::filesystem::path file_;
    std::mutex changing_;  ///< one change is written at a time
    cypher::Procedures procedures_;
};

}  // namespace gyre::graph::door
