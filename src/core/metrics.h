#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gyre::core {

using Labels = std::map<std::string, std::string>;

/// Cheap to update from any thread; owned by the registry, valid as long as it.
class Counter {
  public:
    virtual ~Counter() = default;
    virtual void Add(double by = 1) = 0;
    [[nodiscard]] virtual double Value() const = 0;
};
class Gauge {
  public:
    virtual ~Gauge() = default;
    virtual void Set(double value) = 0;
};
class Histogram {
  public:
    virtual ~Histogram() = default;
    virtual void Observe(double value) = 0;
};

/// A set of metrics under the names they have on /metrics. Thread-safe.
class MetricsRegistry {
  public:
    MetricsRegistry();
    ~MetricsRegistry();
    MetricsRegistry(const MetricsRegistry&) = delete;
    MetricsRegistry& operator=(const MetricsRegistry&) = delete;

    /// The same name and labels give the same object.
    Counter& GetCounter(const std::string& name, const std::string& help,
                        const Labels& labels = {});
    Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& GetHistogram(const std::string& name, const std::string& help,
                            const std::vector<double>& bounds, const Labels& labels = {});
    /// All of them in Prometheus' text exposition format 0.0.4.
    [[nodiscard]] std::string PrometheusText() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::core
