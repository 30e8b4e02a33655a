import MVMR
