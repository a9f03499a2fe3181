A core system feeds loans, schedules and repayments by JSON-2 (`loan.contract.sync`, `loan.repayment.sync`) or by files: known by
an external reference, the same lines twice change nothing, a bad line is told with its field and reason. A schedule from
outside is kept as it came and only checked.
