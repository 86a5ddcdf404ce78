#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "jobs/log_store.h"
#include "jobs/runner.h"
#include "net/io_loop.h"
#include "serving/host_link.h"
#include "serving/host_protocol.h"

namespace gyre::serving {

/// Where a host's lines go: a group and a stream of the log store.
struct LogPlace {
    std::string group;
    std::string stream;
};

/// What every host needs to be started.
struct HostEnvironment {
    jobs::Runner* runner = nullptr;
    jobs::LogStore* logs = nullptr;
    net::IoLoop* loop = nullptr;
    const core::Clock* clock = nullptr;
    std::filesystem::path program;        ///< gyre-host
    std::filesystem::path run_directory;  ///< for sockets and specs; its path is short
    core::milliseconds load_timeout{1'200'000};
    core::milliseconds status_interval{5'000};   ///< between questions to a host that serves
    core::milliseconds silence_timeout{30'000};  ///< a host silent for so long is killed
    /// Empty: an endpoint's own group, "/aws/sagemaker/Endpoints/NAME", and "VARIANT/INSTANCE".
    std::function<LogPlace(const HostSpec&)> log_place;
    /// Hears each line that a host of the endpoint prints too, from any thread; empty: nobody does.
    std::function<void(const std::string& endpoint, std::string_view line)> printed;
};

/// One gyre-host: started, asked how it does, connected, drained, stopped. Its owner calls Poll
/// often while it starts or drains, and now and then while it serves; nothing here blocks but the
/// destructor, which kills what is left. One thread at a time.
class HostProcess {
  public:
    enum class State {
        kStarting,
        kReady,
        kFailed,    ///< the model does not load; Reason() says why
        kEnded,     ///< the program ended, or was killed because it was silent
        kDraining,  ///< answers what it has and takes no more
        kDrained,
    };

    /// `wake` is called from any thread when there may be news. Errors: the program cannot be
    /// started.
    [[nodiscard]] static core::Result<std::unique_ptr<HostProcess>> Start(
        const HostEnvironment& environment, HostSpec spec, std::function<void()> wake,
        core::milliseconds load_timeout);
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    State Poll();
    [[nodiscard]] State Now() const { return state_; }
    /// When to poll again, by its state.
    [[nodiscard]] core::milliseconds PollAgain() const;
    [[nodiscard]] const std::string& Reason() const { return reason_; }
    [[nodiscard]] const HostSpec& Spec() const { return spec_; }
    /// What it last said of its model (docs/formats/host_protocol.md, "model").
    [[nodiscard]] const core::Json& Model() const { return model_; }
    [[nodiscard]] core::SteadyTime Started() const { return started_; }
    [[nodiscard]] const std::shared_ptr<HostLink>& Link() const { return link_; }

    /// Nothing may be sent to it any more. It is drained when it has answered what it has, each
    /// request by its own deadline; or it is silent for too long.
    void Drain();
    /// Stops the program; blocks up to `grace`. May be called twice.
    void Stop(core::milliseconds grace);

  private:
    struct News;
    HostProcess(const HostEnvironment& environment, HostSpec spec, std::function<void()> wake);
    core::Status Launch();
    void Connect();
    void AskStatus();
    void ReadNews();
    void End(std::string reason);
    /// Its connection broke, which comes of its end.
    void EndCutOff();
    [[nodiscard]] std::string LastLines() const;
    /// A line of Gyre's own among what the model prints.
    void Note(const std::string& line) const;

    const HostEnvironment& environment_;
    HostSpec spec_;
    const LogPlace log_;
    std::function<void()> wake_;
    std::string socket_;
    std::filesystem::path address_file_;  ///< of a host at another machine; it writes it
    std::filesystem::path spec_file_;
    State state_ = State::kStarting;
    std::string reason_;
    core::Json model_;
    core::SteadyTime started_;
    core::SteadyTime deadline_;  ///< of loading, then of draining
    core::milliseconds load_timeout_{};
    core::SteadyTime last_asked_;
    core::SteadyTime last_heard_;
    core::SteadyTime last_polled_;
    std::shared_ptr<News> news_;
    std::shared_ptr<HostLink> link_;
    std::unique_ptr<jobs::Program> program_;
};

}  // namespace gyre::serving
