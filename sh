
Two of 1,600 histories change: those in which a workload is removed twice.
