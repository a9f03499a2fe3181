Chinese reads as a Chinese bank writes it: ¥12,345.67 without a space after the sign, axes and pictures in 万 and 亿, its own letters, no slanted characters, more air between lines.
