package com.example.ledger;

import java.math.BigDecimal;
import java.util.*;
import static java.util.stream.Collectors.toList;
import static java.lang.Math.*;

/**
 * A ledger of accounts.
 */
@Service
public class Ledger<T extends Account> implements Iterable<T>, AutoCloseable {
    public static final int LIMIT = 1_000;

    private final Map<String, T> accounts = new HashMap<>();
    private BigDecimal total;

    /** Opens an empty ledger. */
    public Ledger(BigDecimal total) {
        this.total = total;
    }

    // Moves money from one account to another.
    @Override
    public void transfer(String from, String to, BigDecimal amount) throws LedgerException {
        T source = accounts.get(from);
        if (source == null || amount.signum() < 0) {
            throw new LedgerException("no such account: " + from);
        }
        source.withdraw(max(amount.intValue(), 0));
        accounts.computeIfPresent(to, (key, account) -> {
            account.deposit(amount);
            return account;
        });
    }

    @Override
    public Iterator<T> iterator() {
        return accounts.values().stream().filter(Objects::nonNull).collect(toList()).iterator();
    }

    @Override
    public void close() {}

    interface Account {
        void deposit(BigDecimal amount);

        default String label() {
            return getClass().getSimpleName();
        }
    }

    enum State {
        OPEN, CLOSED;

        State next() {
            return this == OPEN ? CLOSED : OPEN;
        }
    }

    record Entry(String id, BigDecimal amount) {
        Entry {
            Objects.requireNonNull(id);
        }
    }
}

@interface Audited {
    String value() default "";
}
