#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/process.h"
#include "core/temp_dir.h"
#include "engine/model.h"

namespace gyre::engine {

/// Small TorchScript files, made once for all tests of a run: torch takes its time to start.
class TorchModels {
  public:
    static const std::filesystem::path& Folder() {
        static const TorchModels models;
        return models.folder_.Path();
    }
    static const std::filesystem::path& Cache() {
        static const core::TempDir cache;
        return cache.Path();
    }

  private:
    TorchModels() {
        std::ofstream(folder_.Path() / "make.py") << kCode;  // torch.jit.script reads its source
        core::ProcessSpec spec;
        spec.command = {GYRE_PYTHON, "make.py"};
        spec.directory = folder_.Path();
        auto process = core::ChildProcess::Start(std::move(spec));
        REQUIRE(process);
        const auto exit = (*process)->Wait(core::SystemClock().Now() + core::seconds(200));
        REQUIRE(exit);
        REQUIRE(exit->Success());
    }

    static constexpr const char* kCode = R"(
import torch

class Linear(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[1., 1., 1.], [2., 0., 0.]]))
            self.layer.bias.copy_(torch.tensor([0.5, 0.]))
    def forward(self, x):
        return self.layer(x)

class Means(torch.nn.Module):  # of a picture's channels, as the network got it
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 3, 1, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(3)[:, :, None, None])
    def forward(self, x):
        return self.layer(x).mean(dim=(2, 3))

class Mixed(torch.nn.Module):  # its rows act on one another
    def forward(self, x):
        return x - x.mean(dim=0)

class Dictionary(torch.nn.Module):  # does not convert: shapes depend on values
    def forward(self, x, y):
        return {"kept": x[x > 0], "sum": x + y}

torch.jit.script(Linear().eval()).save("linear.pth")
torch.jit.trace(Means().eval(), torch.zeros(1, 3, 4, 6)).save("means.pt")
torch.jit.trace(Mixed(), torch.zeros(2, 3)).save("mixed.pt")
torch.jit.script(Dictionary()).save("dictionary.pt")
)";
    core::TempDir folder_;
};

/// For tests: a model's folder that a few lines of Python fill, and a cache.
struct ModelFolder {
    core::TempDir folder;
    core::TempDir cache;
    std::string log;
    LoadOptions options;

    enum class Cache { kShared, kOwn };

    /// With one of TorchModels's files.
    explicit ModelFolder(const std::string& torch_model, Cache which = Cache::kShared)
        : ModelFolder() {
        std::filesystem::copy_file(TorchModels::Folder() / torch_model,
                                   folder.Path() / torch_model);
        if (which == Cache::kShared) options.cache_directory = TorchModels::Cache();
    }
    ModelFolder() {
        options.directory = folder.Path();
        options.cache_directory = cache.Path();
        options.threads = 1;
        options.precision = "fp32";
        options.on_log = [this](std::string_view line) { log += std::string(line) + "\n"; };
    }
    void Python(const std::string& code) {
        std::string output;
        core::ProcessSpec spec;
        spec.command = {GYRE_PYTHON, "-c", code};
        spec.directory = folder.Path();
        spec.on_line = [&](std::string_view line, bool) { output += std::string(line) + "\n"; };
        auto process = core::ChildProcess::Start(std::move(spec));
        REQUIRE(process);
        const auto exit = (*process)->Wait(core::SystemClock().Now() + core::seconds(120));
        process->reset();  // the reader has ended
        INFO(output);
        REQUIRE(exit);
        REQUIRE(exit->Success());
    }
    void Write(const std::string& name, const std::string& text) {
        std::ofstream(folder.Path() / name) << text;
    }
    std::unique_ptr<Model> Load() {
        auto model = LoadModel(options);
        INFO((model ? "" : model.error().message));
        REQUIRE(model);
        return std::move(*model);
    }
    core::Error LoadFails() {
        auto model = LoadModel(options);
        REQUIRE_FALSE(model);
        return model.error();
    }
};

inline std::vector<core::Result<Reply>> Ask(Model& model, std::vector<Request> requests) {
    std::vector<std::unique_ptr<Prepared>> batch;
    for (Request& request : requests) {
        auto prepared = model.Prepare(std::move(request));
        INFO((prepared ? "" : prepared.error().message));
        REQUIRE(prepared);
        batch.push_back(std::move(*prepared));
    }
    return model.Run(batch, core::SystemClock().Now() + core::seconds(60));
}

inline std::string Answer(Model& model, Request request) {
    std::vector<Request> requests;
    requests.push_back(std::move(request));
    auto answers = Ask(model, std::move(requests));
    REQUIRE(answers.size() == 1);
    INFO((answers[0] ? "" : answers[0].error().message));
    REQUIRE(answers[0]);
    return std::string(answers[0]->body);
}

inline Request Json(std::string body) {
    return {.body = std::move(body), .content_type = "application/json"};
}

}  // namespace gyre::engine
