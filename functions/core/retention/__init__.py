"""How long a hospital keeps its exams, and what is due when [LIFE-02, LIFE-03]."""
