<?php

declare(strict_types=1);

namespace App\Http;

use App\Contracts\Handler;
use App\Support\{Str, Arr as Arrays};
use function App\Support\now;
use Psr\Log\LoggerInterface as Logger;

require_once __DIR__ . '/helpers.php';
require 'vendor/autoload.php';

const VERSION = '2.0';
define('DEBUG', false);

/**
 * Something that can be routed to.
 */
interface Routable
{
    public function path(): string;
}

trait Counts
{
    private int $count = 0;
}

enum Method: string
{
    case Get = 'GET';
    case Post = 'POST';

    public function safe(): bool
    {
        return $this === self::Get;
    }
}

// Finds the handler of a request.
#[Singleton]
final class Router extends Base implements Routable
{
    use Counts;

    public const PREFIX = '/api';

    private array $routes = [];

    public function __construct(private Logger $logger)
    {
    }

    public function add(Method $method, string $path, Handler $handler): static
    {
        if (Str::startsWith($path, self::PREFIX)) {
            $this->logger->info('added', ['at' => now()]);
        }
        $this->routes[$method->value][$path] = $handler;
        foreach ($this->routes as $route) {
            $this->count++;
        }
        return $this;
    }

    protected function fail(): void
    {
    }
}

function dispatch(Router $router, string $path): mixed
{
    $find = fn ($name) => Arrays::get($router, $name);
    return match (true) {
        $path === '/' => $find('home'),
        default => new NotFound($path),
    };
}
