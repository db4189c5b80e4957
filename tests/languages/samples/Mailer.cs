using System;
using System.Collections.Generic;
using static System.Math;
using Json = System.Text.Json.JsonSerializer;

namespace Example.Mail;

/// <summary>
/// Sends letters.
/// </summary>
public interface IMailer
{
    Task SendAsync(Letter letter);
    int Sent { get; }
}

public enum Priority { Low, High = 2 }

public record Letter(string To, string Text);

public struct Stamp
{
    public decimal Price;
}

public delegate void Sending(Letter letter);

[Serializable]
public sealed class Mailer : IMailer, IDisposable
{
    public const int MaxLength = 1000;
    private readonly List<Letter> _letters = new();

    public event Sending? OnSending;

    public int Sent { get; private set; }

    public Mailer(ILogger<Mailer> logger)
    {
        Logger = logger;
    }

    // Sends one letter, shortened.
    public async Task SendAsync(Letter letter)
    {
        if (letter.Text.Length > MaxLength)
        {
            throw new ArgumentException($"too long: {letter.To}");
        }
        OnSending?.Invoke(letter);
        await Task.Delay(Max(Sent, 1));
        foreach (var each in _letters)
        {
            Console.WriteLine(Json.Serialize(each));
        }
        Sent++;
    }

    public string First => _letters[0].Text;

    public static Mailer operator +(Mailer a, Mailer b) => a;

    public void Dispose() => _letters.Clear();

    private class Draft
    {
        public string Subject { get; set; } = "";
    }
}
