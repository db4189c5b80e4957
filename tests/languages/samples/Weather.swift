import Foundation
import struct CoreLocation.CLLocation
@testable import Forecasts

let maximumDays = 14
var cache: [String: Forecast] = [:]

typealias Handler = (Result<Forecast, Error>) -> Void

/// Something that knows the weather.
protocol Source {
    var name: String { get }
    associatedtype Reading
    func forecast(for city: String) async throws -> Forecast
}

enum Sky: String, CaseIterable {
    case clear, cloudy
    case rain = "wet"

    var symbol: String {
        switch self {
        case .clear: return "sun"
        default: return rawValue
        }
    }
}

/// What is expected on one day.
struct Forecast: Codable {
    let day: Date
    var sky: Sky = .clear

    init(day: Date) {
        self.day = day
    }

    mutating func brighten(by steps: Int = 1) -> Sky {
        guard steps > 0 else {
            return sky
        }
        sky = Sky.clear
        return sky
    }
}

// Asks the service and remembers.
@MainActor
final class Service: Source {
    private let session: URLSession

    init(session: URLSession = .shared) {
        self.session = session
    }

    deinit {
        session.invalidateAndCancel()
    }

    func forecast(for city: String) async throws -> Forecast {
        if let known = cache[city] {
            return known
        }
        let (data, _) = try await session.data(from: url(of: city))
        let found = try JSONDecoder().decode(Forecast.self, from: data)
        cache[city] = found
        return found
    }
}

extension Service {
    func url(of city: String) -> URL {
        return URL(string: "https://example.com/\(city)")!
    }
}

actor Counter {
    var count = 0
}

func report(_ sky: Sky) {
    Sky.allCases.forEach { sky in
        print(sky.symbol)
    }
}
