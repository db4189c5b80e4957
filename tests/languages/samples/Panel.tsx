import { useEffect, useState, type ReactNode } from "react";
import styles from "./Panel.module.css";
import { fetchRows as load, Row } from "../api/rows";

interface PanelProps {
  title: string;
  children?: ReactNode;
}

type State = { rows: Row[]; busy: boolean };

const EMPTY: State = { rows: [], busy: true };

/** A panel that loads its rows. */
export function Panel({ title, children }: PanelProps) {
  const [state, setState] = useState<State>(EMPTY);

  useEffect(() => {
    let alive = true;
    load(title).then((rows) => {
      if (alive) {
        setState({ rows, busy: false });
      }
    });
    return () => {
      alive = false;
    };
  }, [title]);

  return (
    <section className={styles.panel}>
      <h2>{title}</h2>
      {state.rows.map((row) => (
        <Line key={row.id} row={row} />
      ))}
      {children}
    </section>
  );
}

// One line of it.
const Line = ({ row }: { row: Row }) => <p>{row.label}</p>;

class Boundary extends React.Component<PanelProps, State> {
  state = EMPTY;

  render(): ReactNode {
    return this.state.busy ? <Spinner /> : this.props.children;
  }
}
