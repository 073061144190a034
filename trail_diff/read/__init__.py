"""Where records come from. Each source yields what `interface` names; none of them normalises."""
