# frozen_string_literal: true

require "json"
require_relative "garden/plants"

MONTHS = %w[March April May].freeze

# Everything that grows.
module Garden
  # A bed of plants.
  class Bed < Plants::Base
    include Enumerable
    attr_reader :plants, :size

    DEPTH = 30

    def initialize(size, plants: [])
      @size = size
      @plants = plants
    end

    # Puts a plant in.
    def plant(seed)
      unless seed.alive?
        raise ArgumentError, "dead seed: #{seed.name}"
      end

      @plants << seed.grow(DEPTH)
      self
    end

    def each(&block)
      plants.each do |plant|
        block.call(plant)
      end
    end

    def empty? = plants.empty?

    def self.from_json(text)
      data = JSON.parse(text, symbolize_names: true)
      case data
      when Hash then new(data.fetch(:size))
      else
        nil
      end
    end

    class << self
      def build(*args)
        new(*args)
      end
    end
  end
end

def water(beds)
  i = 0
  while i < beds.length
    puts beds[i].to_json if beds[i]
    i += 1
  end
rescue StandardError => error
  warn error.message
end

water([Garden::Bed.new(3)])
