A borrower whose survey has ended, or who has answered it, reads so and whom to reach. A survey is sent with one press, and is not offered to be taken again.
