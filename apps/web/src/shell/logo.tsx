import type { ReactNode } from "react";

export function Logo(): ReactNode {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinejoin="round">
        <path d="m16 6 8.700 5v10L16 26l-8.700-5V11z" />
        <path d="m7.300 11 8.700 5 8.700-5M16 16v10" />
      </g>
    </svg>
  );
}
