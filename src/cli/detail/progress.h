#pragma once

#include <string>

#include "cli/detail/session.h"

namespace gyre::cli::detail {

/// What a command that takes a while says on stderr: on a terminal one line that changes, elsewhere
/// a line for each step. What it left unfinished is wiped when it goes.
class Progress {
  public:
    explicit Progress(Session& session) : session_(session) {}
    ~Progress() { Wipe(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A step that begins; printed everywhere.
    void Step(const std::string& text);
    /// More about the step; on a terminal only.
    void Update(const std::string& text);
    /// The step is done.
    void Done(const std::string& text);

  private:
    void Wipe();
    Session& session_;
    bool dirty_ = false;
};

}  // namespace gyre::cli::detail
