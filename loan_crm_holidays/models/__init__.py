from . import hr_leave
from . import loan_cover
