#include "engine/python_model.h"

#include <deque>

#include "core/guarded.h"
#include "engine/python/worker.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using python::Worker;

class PythonRequest final : public Prepared {
  public:
    explicit PythonRequest(Request request) : request_(std::move(request)) {}
    [[nodiscard]] const std::string& BatchKey() const override { return key_; }
    [[nodiscard]] int Rows() const override { return 1; }
    [[nodiscard]] const Request& Get() const { return request_; }

  private:
    const std::string key_;  // any may share a batch: the worker groups by shape
    const Request request_;
};

class PythonModel final : public Model {
  public:
    PythonModel(LoadOptions options, std::deque<std::unique_ptr<Worker>> workers)
        : options_(std::move(options)), count_(static_cast<int>(workers.size())) {
        info_.platform = "python";
        info_.details = workers.front()->Details();
        *idle_.Lock() = std::move(workers);
    }

    [[nodiscard]] const ModelInfo& Info() const override { return info_; }
    [[nodiscard]] int Concurrency() const override { return count_; }
    [[nodiscard]] core::Result<std::unique_ptr<Prepared>> Prepare(Request request) override {
        return std::make_unique<PythonRequest>(std::move(request));
    }

    [[nodiscard]] std::vector<core::Result<Reply>> Run(
        std::span<const std::unique_ptr<Prepared>> batch, core::SteadyTime deadline) override {
        std::vector<const Request*> requests;
        requests.reserve(batch.size());
        for (const auto& item : batch) {
            requests.push_back(&static_cast<const PythonRequest&>(*item).Get());
        }
        deadline = std::min(deadline, std::chrono::steady_clock::now() + options_.response_timeout);
        auto worker = Take(deadline);
        if (!worker) return All(batch.size(), worker.error());
        auto answers = (*worker)->Run(requests, deadline);
        if (!answers) {
            worker->reset();
            GiveBack(nullptr);
            return All(batch.size(), answers.error());
        }
        GiveBack(std::move(*worker));
        return std::move(*answers);
    }

  private:
    static std::vector<core::Result<Reply>> All(size_t count, const core::Error& error) {
        return std::vector<core::Result<Reply>>(count, Fail(error));
    }

    core::Result<std::unique_ptr<Worker>> Take(core::SteadyTime deadline) {
        std::unique_ptr<Worker> worker;
        {
            auto idle = idle_.Lock();
            if (!idle.WaitUntil(deadline, [&] { return !idle->empty(); })) {
                return Fail(Code::kDeadlineExceeded, "every Python worker is busy");
            }
            worker = std::move(idle->front());
            idle->pop_front();
        }
        if (worker) return worker;
        auto started = Worker::Start(options_);  // in place of one that ended
        if (!started) GiveBack(nullptr);
        return started;
    }

    void GiveBack(std::unique_ptr<Worker> worker) {
        idle_.Lock()->push_front(std::move(worker));
        idle_.NotifyOne();
    }

    const LoadOptions options_;
    const int count_;
    ModelInfo info_;
    core::Guarded<std::deque<std::unique_ptr<Worker>>> idle_;  // nullptr: to be started
};

}  // namespace

core::Result<std::unique_ptr<Model>> LoadPythonModel(const LoadOptions& options) {
    std::deque<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < std::max(1, options.workers); ++i) {
        GYRE_ASSIGN(auto worker, Worker::Start(options));
        workers.push_back(std::move(worker));
    }
    return std::make_unique<PythonModel>(options, std::move(workers));
}

}  // namespace gyre::engine
