#include <memory>
#include <vector>
#include "graph.hpp"

#define ASSERT(x) check(x)

namespace geometry::graphs {

using std::vector;
using NodePtr = std::shared_ptr<struct Node>;
using namespace std::literals;

constexpr int kLimit = 32;

/// A place in the graph.
struct Node {
    int id = 0;
    vector<NodePtr> next;
};

enum class Colour { Red, Black };

template <typename T>
concept Hashable = requires(T value) { value.hash(); };

/**
 * Visits nodes in depth-first order.
 */
template <Hashable T>
class Visitor final : public Base<T> {
public:
    explicit Visitor(T start) : start_{start} {}
    virtual ~Visitor() = default;

    bool operator==(const Visitor& other) const { return start_ == other.start_; }

    int count() const noexcept {
        return static_cast<int>(seen_.size());
    }

    void visit(const NodePtr& node);

private:
    T start_;
    vector<int> seen_;
};

// Visits one node and what it leads to.
template <Hashable T>
void Visitor<T>::visit(const NodePtr& node) {
    if (!node || seen_.size() > kLimit) {
        return;
    }
    seen_.push_back(node->id);
    for (const auto& next : node->next) {
        visit(next);
    }
    auto done = [&](int id) { return id == node->id; };
    done(1);
}

auto Graph::size() const -> std::size_t { return nodes_.size(); }

}  // namespace geometry::graphs

int main(int argc, char** argv) {
    auto graph = std::make_unique<geometry::Graph>(argc);
    try {
        return graph->run(argv[0]);
    } catch (const std::exception& error) {
        return 1;
    }
}
